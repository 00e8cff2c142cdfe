-- Fair sending. Who shares a way out shares a lane: the sender's domain, or '@' for recipients on our own domains. Claims
-- take from every lane in turn. A lane is never more than a hint: rows of the release before have none, and go all the same.
ALTER TABLE queue_recipients ADD COLUMN lane TEXT NOT NULL DEFAULT '';
UPDATE queue_recipients SET lane = (
    SELECT lower(substr(i.reverse_path, instr(i.reverse_path, '@') + 1)) FROM queue_items i WHERE i.id = item_id
) WHERE state IN ('pending', 'deferred');
CREATE INDEX queue_recipients_by_lane ON queue_recipients (lane, next_at) WHERE state IN ('pending', 'deferred');
DROP INDEX queue_recipients_due;

-- Which relay took it, beside the name that relay had then: events find their recipient also after it was renamed.
ALTER TABLE queue_recipients ADD COLUMN relay_id INTEGER NOT NULL DEFAULT 0;
UPDATE queue_recipients SET relay_id = coalesce((SELECT r.id FROM relays r WHERE r.name = relay), 0) WHERE relay <> '';
