"""Where conversation state is kept: in this process, in a file, in Redis. Losing it changes costs, never estimates."""
