"""Recipes as their author writes them: files, checks, plan, and the device's flat list."""
