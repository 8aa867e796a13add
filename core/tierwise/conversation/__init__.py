"""Whose step is this, and what is remembered of its conversation."""
