"""`python -m ims_avatar.cli`: the same as the `ims-avatar` script."""

from ims_avatar.cli.main import run

if __name__ == "__main__":
    run()
