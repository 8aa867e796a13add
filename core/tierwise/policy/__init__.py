"""Estimate and cost of each tier, under limits: which tier takes the step."""
