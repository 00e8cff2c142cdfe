-- Full text in half the room. FTS5 stores each place of a word as the difference to the row before: ids, which are times,
-- made that 4 to 5 bytes, and a column that is not the first costs 2 more. So each account's rows are numbered one after
-- another, in the order of message ids, and the letter comes first. The release before this one runs on: it writes to
-- and searches `search` by message id as ever, does not find what stands in the new table, and erases all the same.

CREATE VIRTUAL TABLE search_dense USING fts5 (
    body, account, subject, people, files,
    content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE search_dense_words USING fts5vocab (search_dense, 'instance');

-- Whose row a number is: account id * 2^26 + one of the account. Of two messages of an account the one with the larger
-- id has the larger number, and none is given twice.
CREATE TABLE search_numbers (
    number INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL
);
-- the last number an account gave to new mail, without the account
ALTER TABLE accounts ADD COLUMN search_given INTEGER NOT NULL DEFAULT 0;

-- 0: its row stands in `search`, under its id: mail of the release before, drafts, and what came with an id lower than
-- one that was numbered already.
ALTER TABLE messages ADD COLUMN search_number INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_by_id_searched ON messages (account_id, id) WHERE search_number = 0 AND draft = 0;
CREATE TRIGGER messages_unnumbered AFTER DELETE ON messages WHEN old.search_number > 0
BEGIN
    DELETE FROM search_numbers WHERE number = old.search_number;
END;

-- Accounts whose mail is still to be moved (store/search_moving.py): how far that came, and below which number
-- (without the account) they are kept for it, some more than needed.
CREATE TABLE search_moving (
    account_id INTEGER PRIMARY KEY,
    next_number INTEGER NOT NULL DEFAULT 1,
    moved_to INTEGER NOT NULL DEFAULT 0,
    first_new INTEGER NOT NULL
);
INSERT INTO search_moving (account_id, first_new)
    SELECT id, 101 + (SELECT count(*) FROM messages WHERE account_id = accounts.id) * 9 / 8 FROM accounts;
UPDATE accounts SET search_given = (SELECT first_new - 1 FROM search_moving WHERE account_id = accounts.id);

-- FTS5 counts rows and words (for ranking, which nobody asks for) and calls a table malformed that loses more than it
-- held, as it does where the release before erases mail of this one. So it holds 2^40 of each.
UPDATE search_data SET block = x'A08080808000A08080808000A08080808000A08080808000A08080808000A08080808000' WHERE id = 1;
