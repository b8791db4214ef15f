/*
 * Mailboxes as imapd, pop3d and the tools see them: names, messages, flags. What they are made of
 * (Maildir, mbox) is the driver's business (lib/store/driver.h); nothing above this header knows.
 *
 * Errors: PERMANENT with err->number ENOENT: there is no such mailbox; EEXIST: there is one already;
 * other PERMANENT: the client asks for what cannot be. The text is fit for the client. TEMPORARY: disk,
 * locks, a broken index (which is rebuilt at the next call).
 */
#ifndef BUZON_LIB_STORE_STORE_H
#define BUZON_LIB_STORE_STORE_H

#include "lib/base/strlist.h"
#include "lib/delivery/mailbox.h"
#include "lib/message/mime.h"
#include "lib/store/keywords.h"

enum {
    FLAG_ANSWERED = 1,
    FLAG_FLAGGED = 2,
    FLAG_DELETED = 4,
    FLAG_SEEN = 8,
    FLAG_DRAFT = 16,
    FLAGS_STORED = 31,
    /* Of a session's view only: */
    FLAG_RECENT = 32,
    FLAG_GONE = 64,     /* expunged, but the client was not told yet */
    FLAG_CHANGED = 128, /* flags changed, but the client was not told yet */
    FLAG_QUIET = 512,   /* with FLAG_CHANGED: the client knows the flags, but not the modseq */
    FLAG_REFUSED = 256, /* mailbox_change_flags left it alone; see flag_change.unchanged_since */
};

/* --- the account ------------------------------------------------------------------------------- */

/* Where mailboxes are: ".Sent.2024" (Maildir++), or "Sent/2024" (Dovecot's LAYOUT=fs). */
enum store_layout { LAYOUT_MAILDIR, LAYOUT_TREE };

struct store_settings {
    enum mailbox_format format;
    const char *path;     /* mailbox_place.path */
    const char *home;     /* mailbox_place.home; where an mbox account keeps folders and index */
    const char *hostname; /* goes into the names of new messages */
    struct mailbox_quota quota; /* mailbox_place.quota; of a Maildir's account */
    const char *quota_rules;    /* of single mailboxes (quota_find_bonus); NULL: none */
    enum store_layout layout;
    char separator;     /* that clients see: '.' or '/'; 0: as the layout has it */
    const char *prefix; /* of all names but INBOX; NULL: none */
    bool strict_owner;  /* strict_mailbox_ownership: an mbox must be the effective uid's */
};

struct store;

/* store_open - the account's mailboxes; a Maildir that is missing is made */
struct store *store_open(const struct store_settings *settings, struct error *err) MUST_CHECK;
void store_close(struct store **store);
/* store_keeps_modseqs - false: there is no room for the account's index, and modseqs are of this session alone (RFC 7162
 * section 3.1.2.2). It may be known only after a mailbox was looked at. */
bool store_keeps_modseqs(const struct store *store);
/* store_temporary_file - a file without a name, which goes with its descriptor (the caller's to close); -1
 * and *err */
int store_temporary_file(struct store *store, struct error *err) MUST_CHECK;
/* store_separator - between the parts of mailbox names */
char store_separator(const struct store *store);
/* store_prefix - of all names but INBOX; may be "" */
const char *store_prefix(const struct store *store);

struct store_entry {
    const char *name;
    bool selectable;   /* false: only the parent of others, or only subscribed to */
    bool has_children; /* mailboxes below it that are there */
    bool subscribed;
};

/* store_list - all mailboxes and their parents, by name, INBOX and what is below it first; the arena's.
 * What is below a name stands behind it, with no name between that has another beginning. With
 * `subscriptions` also names that are subscribed to without being there, and their parents. */
bool store_list(struct store *store, struct arena *arena, bool subscriptions,
                struct store_entry **entries_r, size_t *count_r, struct error *err) MUST_CHECK;
/* store_count - mailboxes, with INBOX */
bool store_count(struct store *store, size_t *count_r, struct error *err) MUST_CHECK;
/* store_exists - is there a mailbox of that name, to be selected? */
bool store_exists(struct store *store, const char *name);
bool store_create(struct store *store, const char *name, struct error *err) MUST_CHECK;
/* store_delete - with its messages; INBOX cannot be deleted, and mailboxes below it stay */
bool store_delete(struct store *store, const char *name, struct error *err) MUST_CHECK;
/* store_rename - with all mailboxes below it; INBOX stays, and its messages move */
bool store_rename(struct store *store, const char *old_name, const char *new_name,
                  struct error *err) MUST_CHECK;
/* store_subscribe - the mailbox need not exist */
bool store_subscribe(struct store *store, const char *name, bool subscribed,
                     struct error *err) MUST_CHECK;
bool store_subscriptions(struct store *store, struct strlist *names, struct error *err) MUST_CHECK;

struct store_status {
    uint32_t messages, recent, unseen, deleted, uidnext, uidvalidity;
    uint64_t modseq;             /* HIGHESTMODSEQ: of the last change of anything in the mailbox */
    bool no_modseqs;             /* as mailbox.no_modseqs */
    uint64_t size, deleted_size; /* octets with CRLF line ends: of all, of those with \Deleted */
    char guid[33];               /* as mailbox.guid */
};

/* store_status - brought up to date first; with `size`, messages whose size nobody knows are read */
bool store_status(struct store *store, const char *name, bool size, struct store_status *status_r,
                  struct error *err) MUST_CHECK;

/* store_quota - what the account may hold and holds; no limits where the format has none */
bool store_quota(struct store *store, struct quota_state *state_r, struct error *err) MUST_CHECK;
/* store_has_room - false: PERMANENT with EDQUOT when so many octets more, in that mailbox, are too many. What
 * comes to be is checked anyway: this is for asking before. */
bool store_has_room(struct store *store, const char *mailbox, uint64_t octets, uint64_t messages,
                    struct error *err) MUST_CHECK;

/*
 * What to watch with inotify, for mailboxes that are not open (NOTIFY, parked sessions): directories or
 * files seen from the working directory, NULL-terminated; the arena's. An event says only that there
 * may be something new: store_status or mailbox_sync tell what.
 *
 * store_watch_mailbox - new messages, flags, removals of one mailbox, which need not exist
 * store_watch_names - mailboxes that are made, renamed, removed, subscribed. Where mailboxes lie in
 *                     directories of directories, those that were made since are not in the list yet:
 *                     ask again after an event.
 */
const char *const *store_watch_mailbox(struct store *store, const char *name, struct arena *arena);
const char *const *store_watch_names(struct store *store, struct arena *arena);

/* --- one mailbox ------------------------------------------------------------------------------- */

struct uid_range {
    uint32_t first, last;
};

struct mailbox_message {
    uint64_t modseq;
    uint32_t uid;
    uint32_t keywords; /* bit n: keywords.names[n] */
    uint32_t flags;
};

/*
 * A session's view of a mailbox. It changes only in the functions below: messages are added at the end,
 * and those that are gone stay in their places until mailbox_forget_gone.
 */
struct mailbox {
    struct store *store;
    char *name;
    bool read_only;
    bool no_modseqs; /* modseqs are of this session alone, no client is to be told any: NOMODSEQ. It may come true later */
    uint32_t uidvalidity, uidnext;
    uint64_t modseq; /* HIGHESTMODSEQ: of the last change that the view shows */
    char guid
        [33]; /* 32 hexadecimal digits that no other mailbox has, under whatever name: MAILBOXID */
    struct mailbox_message *messages; /* in the order of UIDs */
    size_t count, capacity;
    size_t gone;  /* messages with FLAG_GONE */
    bool changed; /* some have FLAG_CHANGED; the owner of the view clears it */
    struct keywords keywords;

    /* Of lib/store: */
    const struct mailbox_driver *driver;
    uint32_t id;          /* in the index */
    unsigned generation;  /* of the index, in which that is the id */
    int64_t verify_ms;    /* index_mailbox.verify_ms, when it was last seen */
    uint32_t recent_from; /* messages from this UID on are \Recent when they come into the view */
    bool shown;           /* the view was filled */
    bool recalled;        /* what changed after `modseq` is still to be looked for */
    bool awaited;         /* its messages are not in the view yet (mailbox_select): */
    size_t expected;      /* so many will be, */
    uint32_t expected_recent_from; /* \Recent from this UID on */
    size_t glanced_first, glanced_past; /* and these are for the moment (mailbox_glance) */
    struct maildir *maildir;
    struct mbox *mbox;
    struct metadata_cache *cache;
};

/*
 * mailbox_open - bring the mailbox up to date and show it
 *
 *  read_only  as EXAMINE: nothing is changed, \Recent is not claimed
 */
struct mailbox *mailbox_open(struct store *store, const char *name, bool read_only,
                             struct error *err) MUST_CHECK;
void mailbox_close(struct mailbox **mailbox);

/*
 * mailbox_select - as mailbox_open, at a price that is not that of the messages
 *
 * The view is `awaited`: `count` is 0, `messages` empty. It gets its messages at mailbox_show, or at a
 * mailbox_sync that finds something new, and is then the one that the outline told of, as all others are:
 * what was expunged since has FLAG_GONE, and what else happened is found by the next mailbox_sync.
 */
struct mailbox_outline {
    size_t messages, recent;
    size_t first_unseen; /* its number; 0: all have \Seen */
};
struct mailbox *mailbox_select(struct store *store, const char *name, bool read_only,
                               struct mailbox_outline *outline_r, struct error *err) MUST_CHECK;
/* mailbox_show - nothing when the view has its messages; errors as of mailbox_sync, and ENODATA: so
 * much was expunged since, or the index begun anew, that nobody knows any more which messages there were */
bool mailbox_show(struct mailbox *mailbox, struct error *err) MUST_CHECK;
/*
 * mailbox_glance - show only some messages of an awaited view, near one of its ends, at the price of those
 *
 *  by_uid, first, last  the messages that are wanted, by UIDs or numbers; UINT32_MAX is the last one
 *
 * Until mailbox_end_glance (or the next of mailbox_show, mailbox_glance and mailbox_sync with news) the view
 * has the messages that are wanted, the last one if they are near the end, and perhaps others; where it has none
 * UIDs are 0, or it ends early. The view stays awaited, and nothing may be changed in it. false: they are too
 * many, too far in, or there are news: mailbox_show is needed.
 */
bool mailbox_glance(struct mailbox *mailbox, bool by_uid, uint32_t first,
                    uint32_t last) MUST_CHECK;
void mailbox_end_glance(struct mailbox *mailbox);

/* What a session remembers of a mailbox while nobody has it open. */
struct mailbox_memory {
    uint32_t uidvalidity;
    uint64_t modseq;                        /* of the view, whose flags the client was told */
    const struct uid_range *known, *recent; /* ascending, each behind the one before it */
    size_t known_count, recent_count;
};

#define MAILBOX_MEMORY_MAX 1000000 /* messages */

/* mailbox_remember - of the first `count` messages of the view, with those that are gone; the arena's. One
 * that is awaited is shown first; errors are mailbox_show's. */
bool mailbox_remember(struct mailbox *mailbox, size_t count, struct arena *arena,
                      struct mailbox_memory *memory_r, struct error *err) MUST_CHECK;
/*
 * mailbox_recall - open the mailbox with the view that is remembered, and see what others did since:
 * messages that are not there any more have FLAG_GONE, whatever changed after the modseq has
 * FLAG_CHANGED, and new ones stand at the end, as after mailbox_sync. Its errors are those too.
 */
struct mailbox *mailbox_recall(struct store *store, const char *name, bool read_only,
                               const struct mailbox_memory *memory, struct error *err) MUST_CHECK;

/*
 * mailbox_sync - see what others did
 *
 *  err  PERMANENT ENOENT: the mailbox was removed; ESTALE: it got another UIDVALIDITY. The view is
 *       then of no more use.
 */
bool mailbox_sync(struct mailbox *mailbox, struct error *err) MUST_CHECK;
/* mailbox_forget_gone - messages with FLAG_GONE leave the view; the others move up */
void mailbox_forget_gone(struct mailbox *mailbox);
/* mailbox_find_uid - index of the first message with that UID or a higher one; count when none */
size_t mailbox_find_uid(const struct mailbox *mailbox, uint32_t uid);

/*
 * mailbox_vanished - UIDs that were expunged after a modseq, for VANISHED (EARLIER) of RFC 7162
 *
 *  modseq    that a client knew last
 *  ranges_r  ascending, none that the view shows (gone ones, of which the client is still to be told,
 *            are shown); the arena's
 *  exact_r   may be NULL. false: so far back nobody knows (the index keeps the last 20,000 ranges of a
 *            mailbox, and none over its own end). Then the ranges are all UIDs below uidnext that are
 *            not in the view: always true to the client, only longer.
 */
bool mailbox_vanished(struct mailbox *mailbox, uint64_t modseq, struct arena *arena,
                      struct uid_range **ranges_r, size_t *count_r, bool *exact_r,
                      struct error *err) MUST_CHECK;

/* mailbox_pop3_uidls - ids under which another server showed messages to POP3 clients, by their indices
 * in the view; NULL where there is none. Array and texts are the arena's. */
bool mailbox_pop3_uidls(struct mailbox *mailbox, struct arena *arena, const char ***uidls_r,
                        struct error *err) MUST_CHECK;

/* mailbox_watch - what to watch with inotify for changes: directories seen from the working directory,
 * NULL-terminated, at most 2; borrowed */
const char *const *mailbox_watch(const struct mailbox *mailbox);
/* mailbox_recheck_ms - after so many ms a mailbox_sync is wanted even without an event; -1: not */
int mailbox_recheck_ms(const struct mailbox *mailbox);

enum flag_mode { FLAGS_ADD, FLAGS_REMOVE, FLAGS_REPLACE };

struct flag_change {
    enum flag_mode mode;
    uint32_t flags, keywords; /* FLAGS_STORED; bits of keywords.names */
    /*
     * RFC 7162, STORE (UNCHANGEDSINCE): messages whose modseq is higher, by what anybody did until this
     * very moment, stay as they are and get FLAG_REFUSED in the view (the caller clears it); what
     * others changed in them is shown by the next mailbox_sync. PERMANENT ENOTSUP where there are no_modseqs.
     */
    bool conditional;
    uint64_t unchanged_since;
};

/* The functions below take messages by their indices in the view, ascending. Those that are gone are
 * passed over, and get FLAG_GONE. */

/* mailbox_keyword - bit of a keyword, which becomes known in this mailbox */
bool mailbox_keyword(struct mailbox *mailbox, struct span keyword, uint32_t *bit_r,
                     struct error *err) MUST_CHECK;
/* mailbox_change_flags - in the files and in the index; the view has the new flags, marked with FLAG_CHANGED where they
 * differ */
bool mailbox_change_flags(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                          const struct flag_change *change, struct error *err) MUST_CHECK;
/* mailbox_expunge - remove them for good; they have FLAG_GONE afterwards */
bool mailbox_expunge(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                     struct error *err) MUST_CHECK;

struct mailbox_copied {
    uint32_t uidvalidity;                /* of the target */
    uint32_t *source_uids, *target_uids; /* the arena's */
    size_t count;
};

/* mailbox_copy - to another mailbox, all or none; `move` removes them here when they are there */
bool mailbox_copy(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                  const char *target, bool move, struct arena *arena,
                  struct mailbox_copied *copied_r, struct error *err) MUST_CHECK;

/* --- content ----------------------------------------------------------------------------------- */

enum {
    WANT_DATE = 1,          /* internal_date */
    WANT_SIZE = 2,          /* virtual_size */
    WANT_ENVELOPE = 4,      /* envelope, and the size of the header */
    WANT_BODYSTRUCTURE = 8, /* bodystructure, body, parts */
    WANT_HEADERS = 16,      /* the fields that `headers` names */
    WANT_SAVE_DATE = 32,    /* save_date */
    WANT_EMAIL_ID = 64,     /* email_id */
    WANT_PREVIEW = 128,     /* preview */
    WANT_CONTENT = 256,     /* content; what else was unknown is learned in the same reading */
};

struct message_metadata {
    uint64_t internal_date;                    /* seconds since 1970 */
    uint64_t virtual_size;                     /* octets with CRLF line ends */
    struct span envelope, bodystructure, body; /* as IMAP writes them */
    struct span headers; /* fields with CRLF, in the message's order: those asked for and more */
    struct span
        preview; /* the first words in UTF-8 (lib/message/preview.h); may be empty. RFC 8970 */
    const struct mime_part *parts;
    size_t part_count;
    struct span content; /* the message as it is stored */
    /*
     * When the message came into this mailbox, seconds since 1970; 0: nobody knows. RFC 8514. It is the
     * time in the name of a Maildir's file, the "From " line of an mbox; a copy has its own.
     */
    uint64_t save_date;
    /*
     * RFC 8474: of the content, the same for copies (but not from or to an mbox). Made of the name
     * under which it was delivered first, which a Maildir's file name or the extension G of
     * dovecot-uidlist tells, so that renamed mailboxes and a rebuilt index keep it.
     */
    const char *email_id;
};

/*
 * mailbox_begin_reading, mailbox_end_reading - around calls of mailbox_metadata
 *
 * What is learned from message files in between is kept in the index at the end.
 */
bool mailbox_begin_reading(struct mailbox *mailbox, struct error *err) MUST_CHECK;
void mailbox_end_reading(struct mailbox *mailbox);

/*
 * mailbox_metadata - what is known of a message, or else is now read from it
 *
 *  wanted      WANT_...
 *  headers     with WANT_HEADERS: names of the fields that are wanted; may be NULL otherwise
 *  metadata_r  borrowed until the next call, or mailbox_end_reading
 *  err         PERMANENT ENOENT: the message is gone (and has FLAG_GONE now)
 */
bool mailbox_metadata(struct mailbox *mailbox, size_t index, unsigned wanted,
                      const struct strlist *headers, struct message_metadata *metadata_r,
                      struct error *err) MUST_CHECK;

/*
 * Keys: octets by which a caller compares messages or puts them together, kept with what is known of them, so that
 * they need not be made twice. What they are made from must never change, and how must be a matter of the format of
 * lib/store/keys.h. `kind` says which, below MAILBOX_KEY_KINDS. Between mailbox_begin_reading and _end_reading:
 *
 * mailbox_find_key - false: it is not known. Borrowed until the next of that kind is looked for.
 * mailbox_keep_key - from the end of this reading on it will be known, if it is not longer than KEY_MAX. Those
 *                    of a kind are kept in the order of the messages.
 */
#define MAILBOX_KEY_KINDS 16
#define KEY_MAX           1024
bool mailbox_find_key(struct mailbox *mailbox, size_t index, unsigned kind,
                      struct span *key_r) MUST_CHECK;
void mailbox_keep_key(struct mailbox *mailbox, size_t index, unsigned kind, struct span key);

struct message_file {
    int fd;                /* the caller's to close */
    uint64_t offset, size; /* the message in it, as stored */
    uint64_t written;      /* when the file was, seconds since 1970; 0: it tells nothing */
};

/* mailbox_open_message - PERMANENT ENOENT: the message is gone */
bool mailbox_open_message(struct mailbox *mailbox, size_t index, struct message_file *file_r,
                          struct error *err) MUST_CHECK;

/* --- new messages ------------------------------------------------------------------------------ */

struct store_append;

/* store_append_begin - for one or more messages to one mailbox, which come to be all or none */
struct store_append *store_append_begin(struct store *store, const char *name,
                                        struct error *err) MUST_CHECK;
/* store_append_message - the next message
 *
 *  flags, keywords  what it gets; keywords by name
 *  internal_date    seconds since 1970; 0: now
 */
bool store_append_message(struct store_append *append, uint32_t flags,
                          const struct strlist *keywords, uint64_t internal_date,
                          struct error *err) MUST_CHECK;
/* store_append_write - its next octets; CRLF is stored as LF */
bool store_append_write(struct store_append *append, struct span octets,
                        struct error *err) MUST_CHECK;
/* store_append_commit - all of them are durable and have UIDs: `count` ones, the append's.
 * *uidvalidity_r is 0 when they are there but their UIDs could not be learned. */
bool store_append_commit(struct store_append *append, uint32_t *uidvalidity_r,
                         const uint32_t **uids_r, size_t *count_r, struct error *err) MUST_CHECK;
/* store_append_free - what was not committed leaves no trace */
void store_append_free(struct store_append **append);

#endif
