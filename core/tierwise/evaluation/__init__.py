"""How well routing does: recorded runs through the router, figures, reports."""
