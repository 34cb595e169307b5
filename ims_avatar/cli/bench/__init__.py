"""`ims-avatar bench`: the real service under many calls, measured from outside."""
