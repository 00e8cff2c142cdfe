-- Conversations. The release before this one runs on: what it moves and removes keeps the columns below true.

ALTER TABLE accounts ADD COLUMN conversations INTEGER NOT NULL DEFAULT 1;

-- 0: alone in its thread (a thread bears the id of its first message). Else it has or had company, and this is
-- 1: the newest message of its thread in its mailbox, 2: a newer one of the thread lies in the same mailbox.
-- A list of conversations is so the list of messages without the twos, and mail that answers nothing pays nothing.
ALTER TABLE messages ADD COLUMN thread_place INTEGER NOT NULL DEFAULT 0;

UPDATE messages SET thread_place = 2 WHERE thread_id <> id;
UPDATE messages SET thread_place = 2 WHERE thread_id = id AND id IN (SELECT thread_id FROM messages WHERE thread_id <> id);
UPDATE messages SET thread_place = 1
    WHERE id IN (SELECT max(id) FROM messages WHERE thread_place = 2 GROUP BY thread_id, mailbox_id);

-- the place stands in the indexes lists walk: ten thousand twos in a row are passed over without a look at the table
DROP INDEX messages_by_mailbox;
CREATE INDEX messages_by_mailbox ON messages (mailbox_id, id, thread_place);
DROP INDEX messages_by_account;
CREATE INDEX messages_by_account ON messages (account_id, id, thread_place);
-- the members of every thread of more than one, and all that a row of a list says of them but their names
DROP INDEX messages_by_thread;
CREATE INDEX messages_by_thread ON messages (thread_id, mailbox_id, id, seen, flagged, attachment_count)
    WHERE thread_place > 0;

CREATE TRIGGER messages_moved AFTER UPDATE OF mailbox_id ON messages
    WHEN new.thread_place > 0 AND old.mailbox_id <> new.mailbox_id
BEGIN
    -- where it lay, the next newest comes to the front
    UPDATE messages SET thread_place = 1 WHERE id = (
        SELECT max(id) FROM messages
        WHERE thread_id = new.thread_id AND mailbox_id = old.mailbox_id AND thread_place > 0
    );
    -- where it lies now, it is the front or behind it
    UPDATE messages SET thread_place = 2 WHERE id = new.id;
    UPDATE messages SET thread_place = 2 WHERE id = (
        SELECT max(id) FROM messages
        WHERE thread_id = new.thread_id AND mailbox_id = new.mailbox_id AND thread_place > 0 AND id < new.id
    );
    UPDATE messages SET thread_place = 1 WHERE id = (
        SELECT max(id) FROM messages
        WHERE thread_id = new.thread_id AND mailbox_id = new.mailbox_id AND thread_place > 0
    );
END;

CREATE TRIGGER messages_gone AFTER DELETE ON messages WHEN old.thread_place > 0
BEGIN
    UPDATE messages SET thread_place = 1 WHERE id = (
        SELECT max(id) FROM messages
        WHERE thread_id = old.thread_id AND mailbox_id = old.mailbox_id AND thread_place > 0
    );
    -- nobody can ask the erased one which thread it belonged to: the journal names one that is left
    INSERT INTO changes (account_id, kind, message_id)
        SELECT old.account_id, 'threads', id FROM messages
        WHERE thread_id = old.thread_id AND thread_place > 0 LIMIT 1;
END;
