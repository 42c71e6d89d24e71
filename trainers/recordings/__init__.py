"""A recorded run as a page of charts: what each face did, when, and what went together."""
