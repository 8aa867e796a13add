"""Out of outcomes, new weights; out of a large encoder, a small one. Nothing here is read while a step is routed."""
