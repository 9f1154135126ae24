"""What stands between an alert that is raised and one that is sent."""
