-- Full text in half the room. FTS5 stores each place of a word as the difference to the row before: ids, which are times,
-- made that 4 to 5 bytes, and a column that is not the first costs 2 more. So rows are numbered one after another, in the
-- order of message ids, and the letter comes first. The release before this one runs on: it writes to and searches
-- `search` by message id as ever, does not find what stands in the new table, and erases all the same.

CREATE VIRTUAL TABLE search_dense USING fts5 (
    body, account, subject, people, files,
    content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE search_dense_words USING fts5vocab (search_dense, 'instance');

-- Whose row a number is. A larger number is a larger message id, always; none is given out twice.
CREATE TABLE search_numbers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL
);

-- 0: its row stands in `search`, under its id: mail of the release before, drafts, and what came with an id lower than
-- one that was numbered already.
ALTER TABLE messages ADD COLUMN search_number INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_by_id_searched ON messages (account_id, id) WHERE search_number = 0 AND draft = 0;
CREATE TRIGGER messages_unnumbered AFTER DELETE ON messages WHEN old.search_number > 0
BEGIN
    DELETE FROM search_numbers WHERE number = old.search_number;
END;

-- Moving what was there (store/search_moving.py): numbers below `first_new` are kept for it, twice as many as needed.
CREATE TABLE search_moving (
    next_number INTEGER NOT NULL,
    moved_to INTEGER NOT NULL,
    first_new INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('moving', 'clearing', 'done'))
);
INSERT INTO search_moving SELECT 1, 0, 2 * count(*) + 1, 'moving' FROM messages;
INSERT INTO sqlite_sequence (name, seq) SELECT 'search_numbers', first_new - 1 FROM search_moving;

-- FTS5 counts rows and words (for ranking, which nobody asks for) and calls a table malformed that loses more than it
-- held, as it does where the release before erases mail of this one. So it holds 2^40 of each.
UPDATE search_data SET block = x'A08080808000A08080808000A08080808000A08080808000A08080808000A08080808000' WHERE id = 1;
