"""Real servers and tests of them: on 127.0.0.1, each in a folder of its own, ended by its process id."""
