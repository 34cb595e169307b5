"""A picture or a film of a face becomes an avatar (`create.create_avatar`). Needs the extra `vision`."""
