"""Runs that are really killed, filled, interrupted and corrupted, and what the next one makes."""
