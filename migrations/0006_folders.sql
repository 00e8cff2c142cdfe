-- Folders of one's own, labels, and undoing acts of any size. The release before this one runs on.

-- When a message came to Junk or Trash, ms since 1970 UTC; 0 elsewhere. They empty themselves by it.
ALTER TABLE messages ADD COLUMN filed_at INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET filed_at = strftime('%s', 'now') * 1000
    WHERE mailbox_id IN (SELECT id FROM mailboxes WHERE role IN ('junk', 'trash'));
CREATE INDEX messages_filed ON messages (mailbox_id, filed_at) WHERE filed_at > 0;

-- Starred lists merge mailboxes, each newest first, so that what lies in the trash is never stepped over.
CREATE INDEX messages_starred ON messages (mailbox_id, id) WHERE flagged = 1;

-- Counters of a label leave out Junk and Trash, as its list does. Triggers keep them: whoever files, reads or erases a
-- message, the release before this one included, leaves them true, and what bears no label costs one look.
ALTER TABLE labels ADD COLUMN total INTEGER NOT NULL DEFAULT 0;
ALTER TABLE labels ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
-- 1: the message lies in Junk or Trash
ALTER TABLE message_labels ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_labels_shown ON message_labels (label_id, message_id) WHERE hidden = 0;

CREATE TRIGGER message_labels_added AFTER INSERT ON message_labels WHEN new.hidden = 0 BEGIN
    UPDATE labels SET total = total + 1,
        unread = unread + (SELECT seen = 0 FROM messages WHERE id = new.message_id) WHERE id = new.label_id;
END;
CREATE TRIGGER message_labels_hidden AFTER UPDATE OF hidden ON message_labels WHEN old.hidden <> new.hidden BEGIN
    UPDATE labels SET total = total + old.hidden - new.hidden,
        unread = unread + (old.hidden - new.hidden) * (SELECT seen = 0 FROM messages WHERE id = new.message_id)
        WHERE id = new.label_id;
END;
CREATE TRIGGER message_labels_removed BEFORE DELETE ON message_labels WHEN old.hidden = 0 BEGIN
    UPDATE labels SET total = total - 1,
        unread = unread - (SELECT seen = 0 FROM messages WHERE id = old.message_id) WHERE id = old.label_id;
END;
CREATE TRIGGER messages_labels_seen AFTER UPDATE OF seen ON messages WHEN old.seen <> new.seen BEGIN
    UPDATE labels SET unread = unread + old.seen - new.seen
        WHERE id IN (SELECT label_id FROM message_labels WHERE message_id = new.id AND hidden = 0);
END;
CREATE TRIGGER messages_labels_moved AFTER UPDATE OF mailbox_id ON messages WHEN old.mailbox_id <> new.mailbox_id BEGIN
    UPDATE message_labels
        SET hidden = (SELECT ifnull(role IN ('junk', 'trash'), 0) FROM mailboxes WHERE id = new.mailbox_id)
        WHERE message_id = new.id;
END;
-- not left to the foreign key: that would come after the message is gone, and nobody could say whether it was read
CREATE TRIGGER messages_labels_erased BEFORE DELETE ON messages BEGIN
    DELETE FROM message_labels WHERE message_id = old.id;
END;

-- What one undo brings back, in batches of bounded size: an act on a whole folder is many transactions.
CREATE TABLE undo_batches (
    undo_id INTEGER NOT NULL REFERENCES undos (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    mailbox_id INTEGER NOT NULL, -- where the messages lay; 0 where the act moved nothing
    message_ids BLOB NOT NULL, -- 8 bytes each
    PRIMARY KEY (undo_id, number)
) WITHOUT ROWID;
