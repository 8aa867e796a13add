"""tierwise for LangChain: a chat model that sends every step to the cheapest tier that will do it well."""
