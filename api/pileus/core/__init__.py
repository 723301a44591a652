"""Plumbing that knows no service."""
