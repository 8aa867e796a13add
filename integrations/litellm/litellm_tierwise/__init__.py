"""tierwise for litellm: a provider and a proxy router that send every step to the cheapest tier that will do it well."""
