"""tierwise for LlamaIndex: an LLM that sends every step to the cheapest tier that will do it well."""
