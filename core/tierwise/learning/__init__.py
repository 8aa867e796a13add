"""Out of outcomes, corrections: what a user's own grades teach a router. Nothing here is read while a step is routed."""
