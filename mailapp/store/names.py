"""Why a folder or label cannot be called so."""


class NameTaken(Exception):
    """The account has one of this name already, upper and lower case alike."""


class TooMany(Exception):
    """The account has as many as it may."""


class TooDeep(Exception):
    """Folders in folders, more than anybody keeps apart."""


class NotInItself(Exception):
    """A folder cannot lie in itself or in what lies in it."""
