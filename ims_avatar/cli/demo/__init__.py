"""`ims-avatar demo`: a real call between two phones through the service, filmed and judged."""
