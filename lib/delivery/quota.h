/*
 * How much a mailbox may hold, and how much it holds: the Maildir++ quota. The sum is kept in the file
 * `maildirsize` of the Maildir, as Courier, Dovecot and others keep it: a line with the limits
 * ("1073741824S,10000C"), then a line for each change ("octets messages"), appended without a lock.
 * Who finds the file missing, damaged, made for other limits, or grown long, counts again by the names
 * of the message files. Source: the Maildir++ page of Courier.
 */
#ifndef BUZON_LIB_DELIVERY_QUOTA_H
#define BUZON_LIB_DELIVERY_QUOTA_H

#include "lib/base/base.h"

/* Octets as stored, and messages; 0: no limit. */
struct mailbox_quota {
    uint64_t storage, messages;
    bool is_default; /* what `maildirsize` says of this mailbox counts more */
    bool is_tree;    /* mailboxes lie in each other (mailbox_layout = fs), not beside each other */
};

/*
 * quota_parse - a rule as Dovecot writes it, or shorter
 *
 * Items with ':' or ',' between them: "*" (every mailbox, which is what we have), "storage=1G" (in
 * KiB without a letter), "bytes=1000000", "messages=1000", "1G", "1000S", "1000C". Letters b k M G T.
 * "" is no limit. false: it is none of these.
 */
bool quota_parse(struct span text, struct mailbox_quota *quota_r) MUST_CHECK;

/* What one mailbox may have beyond the limits of its account, which is counted as one all the same. */
struct quota_bonus {
    uint64_t storage, messages;
    unsigned storage_percent, messages_percent; /* of the limit */
    bool only_last; /* for the last message alone: not when more than the limit is there already */
};

/*
 * quota_find_bonus - what the rules of single mailboxes have for one; nothing, when none is for it
 *
 * Rules stand apart by commas or white space: NAME:ITEM[:ITEM]..., as Dovecot has them; the name is quoted
 * ("...") when it has one of those. An item is "storage=+100M", "bytes=+1000", "messages=+10", or "+10%" of
 * the limit. false: some rule is none of these.
 */
bool quota_find_bonus(struct span rules, const char *mailbox,
                      struct quota_bonus *bonus_r) MUST_CHECK;

/* quota_parse_grace - "10%" of the limit, or "50M", by which the last message may pass it; "" or "0": by nothing. false:
 * it is none of these. */
bool quota_parse_grace(struct span text, struct quota_bonus *grace_r) MUST_CHECK;

struct quota_state {
    struct mailbox_quota limit;
    uint64_t storage, messages; /* what is there; 0 when nothing is limited */
};

/*
 * quota_read - the limits that count for a Maildir, and what is in it
 *
 *  maildir  path of the account's Maildir, not of a folder
 *  wanted   what is configured; nothing there: what `maildirsize` says
 *  err      TEMPORARY; a Maildir that is missing is an empty one
 */
bool quota_read(const char *maildir, const struct mailbox_quota *wanted,
                struct quota_state *state_r, struct error *err) MUST_CHECK;

/* quota_check - may so much more come in? A sum that says no is counted again when it may be wrong.
 * The bonus (NULL: none) is of the mailbox that it comes to. false: PERMANENT with EDQUOT when not, else as
 * quota_read. quota_check_at - likewise, where `directory` is the Maildir, open. */
bool quota_check_at(const char *maildir, int directory, const struct mailbox_quota *wanted,
                    const struct quota_bonus *bonus, uint64_t octets, uint64_t messages,
                    struct error *err) MUST_CHECK;
bool quota_check(const char *maildir, const struct mailbox_quota *wanted,
                 const struct quota_bonus *bonus, uint64_t octets, uint64_t messages,
                 struct error *err) MUST_CHECK;

/* quota_add - so much came in, or went; nothing is done where no sum is kept. quota_recount - what went is
 * not known. Trouble is logged: the sum is counted again when it says no. */
void quota_add_at(const char *maildir, int directory, int64_t octets, int64_t messages);
void quota_add(const char *maildir, int64_t octets, int64_t messages);
void quota_recount(const char *maildir, const struct mailbox_quota *wanted);

#endif
