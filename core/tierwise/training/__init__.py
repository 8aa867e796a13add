"""How the packaged weights and tables were made and judged: for developers, with the shared data (`make help`)."""
