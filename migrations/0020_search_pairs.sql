-- Which pairs of Chinese, Japanese or Korean characters stand where, for accounts with very much mail: two characters
-- everybody uses may meet seldom, and the full text finds that out only by walking through both. Noted in the
-- background (store/search_pairs.py says how), derived from what is kept, and only ever a reason to look: the release
-- before runs on and leaves it alone.

-- Blocks of messages: (account, block, 9 bits of a pair) -> the other 15 bits of pairs that are in many messages, and of
-- those in few with their places.
CREATE TABLE search_pairs (
    key INTEGER PRIMARY KEY,
    common BLOB NOT NULL,
    rare BLOB NOT NULL
);

-- Pieces of a block that is not full yet: (account, block, piece, 9 bits of a pair) -> the others with their places.
CREATE TABLE search_pair_pieces (
    key INTEGER PRIMARY KEY,
    places BLOB NOT NULL
);

-- How far that came: numbers of an account below `noted` (without the account) are in a piece or a block, blocks below
-- `block` are made of pieces whole, and of that block the first `bucket` parts.
CREATE TABLE search_pairing (
    account_id INTEGER PRIMARY KEY,
    noted INTEGER NOT NULL DEFAULT 0,
    block INTEGER NOT NULL DEFAULT 0,
    bucket INTEGER NOT NULL DEFAULT 0
);
CREATE TRIGGER search_pairing_gone AFTER DELETE ON accounts
BEGIN
    DELETE FROM search_pairing WHERE account_id = old.id;
END;
