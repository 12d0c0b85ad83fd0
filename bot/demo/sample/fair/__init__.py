"""Sharing money fairly."""
