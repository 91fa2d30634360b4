"""What happens after a defect of the screen: it is rebuilt, and everything else goes on."""
