/*
 * Queue files: how messages are stored between intake and the last delivery. One file a message,
 * named by its queue id, written once (design, section 4):
 *
 *   fixed-size header  magic, version, offsets, lengths, flags, checksums
 *   content            header block and body, raw octets, LF line ends, contiguous
 *   envelope           attributes and recipients; a recipient's status octet is overwritten in place
 *
 * Callers see queue ids, an envelope, and content as (descriptor, offset, length).
 */
#ifndef BUZON_LIB_QUEUE_QUEUE_FILE_H
#define BUZON_LIB_QUEUE_QUEUE_FILE_H

#include "lib/base/file.h"

#include <sys/time.h>

#define QUEUE_ID_MAX         64                         /* octets of a queue id with NUL */
#define QUEUE_ENVELOPE_MAX   ((size_t)64 * 1024 * 1024) /* octets of an envelope, in the file */
#define QUEUE_RECIPIENTS_MAX 100000                     /* of one message */

/* queue_id_is_valid - letters and digits only, of sensible length: safe as a file name */
bool queue_id_is_valid(const char *queue_id);
/* queue_id_is_name - could be a queue id of Postfix: letters, digits and '_'; for words about others */
bool queue_id_is_name(const char *text);

/* queue_envelope.flags */
enum {
    QUEUE_EIGHT_BIT = 1,      /* content has octets over 127 */
    QUEUE_NEEDS_STUFFING = 2, /* some line starts with '.' */
    QUEUE_SMTPUTF8 = 4,
    QUEUE_BODY_8BITMIME = 8, /* BODY=8BITMIME was declared */
    QUEUE_LONG_LINE = 16,    /* some line is longer than 998 octets */
};

enum recipient_status {
    RECIPIENT_PENDING = ' ',
    RECIPIENT_WARNED = 'W',  /* pending, and the sender was told of the delay */
    RECIPIENT_REACHED = 'R', /* done, but the report that the sender wants of it is owed */
    RECIPIENT_DONE = 'D',
};

/* recipient_waits - something is still to be delivered to him */
static inline bool recipient_waits(enum recipient_status status)
{
    return status == RECIPIENT_PENDING || status == RECIPIENT_WARNED;
}

/* queue_recipient.dsn_notify: RFC 3461 section 4.1 */
enum {
    NOTIFY_DEFAULT = 0,
    NOTIFY_NEVER = 1,
    NOTIFY_SUCCESS = 2,
    NOTIFY_FAILURE = 4,
    NOTIFY_DELAY = 8,
};

struct queue_recipient {
    const char *address;   /* where it goes, after rewriting and aliases */
    const char *original;  /* as the sender said it (orig_to; X-Original-To), "" when unknown */
    const char *dsn_orcpt; /* "rfc822;bob@x" or "" */
    uint64_t dsn_notify;
    enum recipient_status status;
    uint64_t status_offset; /* in the file; set by reading */
};

/* client_name, client_address, helo_name, protocol_name, sasl_username, ... */
struct queue_attribute {
    const char *name;
    const char *value;
};

/* Set by cleanup: qmgr returns the message for this reason ("5.4.0 too many hops"). */
#define QUEUE_ATTRIBUTE_REFUSED "refused"
/* Set by pickup: nothing is delivered; the sender is told what would become of it. */
#define QUEUE_ATTRIBUTE_VERIFY "verify"
/* Likewise: the sender is told what came of the first attempt, whatever that is. */
#define QUEUE_ATTRIBUTE_TRACE "trace"
/* The sender of each copy names its recipient (lib/message/verp.h): the delimiters. For qmgr alone. */
#define QUEUE_ATTRIBUTE_VERP "verp_delimiters"
/* Set by cleanup or whoever hands a message in: "transport:nexthop" to which all recipients go first. */
#define QUEUE_ATTRIBUTE_FILTER "filter"

struct queue_envelope {
    struct timeval arrival;
    const char *sender; /* "" is the null sender */
    const char *dsn_envid;
    char dsn_ret; /* 'F', 'H' or 0 */
    unsigned flags;
    uint64_t content_offset, content_size;
    struct queue_attribute *attributes;
    size_t attribute_count;
    struct queue_recipient *recipients;
    size_t recipient_count;
};

/* queue_attribute_value - NULL when the envelope has no such attribute */
const char *queue_attribute_value(const struct queue_envelope *envelope, const char *name);

/* Modes of a queue file: whole (else it is being written); to be returned to its sender at the next opportunity, as
 * an administrator wants (buzonsuper -e); and whole, but on its way to `hold`: in `incoming` that is no message. */
#define QUEUE_MODE_WHOLE  0100
#define QUEUE_MODE_EXPIRE 0010
#define QUEUE_MODE_HOLD   0001

/* --- writing: cleanup only ------------------------------------------------------------------- */

struct queue_writer; /* writes messages one after the other, with one buffer for all */

/*
 * queue_writer_create - what a process needs to write messages into incoming/
 *
 *  queue_directory, config  borrowed as long as there is a writer
 *                           (enable_long_queue_ids, hash_queue_names, hash_queue_depth)
 */
struct config;
struct queue_writer *queue_writer_create(int queue_directory, const struct config *config);
/* queue_writer_free - an uncommitted file is removed */
void queue_writer_free(struct queue_writer **writer);

/* queue_writer_begin - start a message: from now on it has a queue id, which no other message of
 * this queue has or will have. What was begun before and not committed is abandoned. */
void queue_writer_begin(struct queue_writer *writer);
/* queue_writer_id - of the message that was begun; borrowed until the next one is */
const char *queue_writer_id(const struct queue_writer *writer);
/*
 * queue_writer_content - append octets of content
 *
 * Small messages stay in memory until they are committed; the first octet too many makes the file,
 * under its final name, which is not yet a message (mode 0600, no valid header). TEMPORARY on any
 * trouble (space, descriptors, I/O); the message is then good for nothing but abandoning.
 */
bool queue_writer_content(struct queue_writer *writer, struct span octets,
                          struct error *err) MUST_CHECK;
/* queue_writer_content_size - octets of content so far */
uint64_t queue_writer_content_size(const struct queue_writer *writer);
/*
 * queue_writer_commit - envelope and header, then fsync of file and directory
 *
 * True: the message is durable and owned by the queue manager. *fd_r is then the file, open for
 * reading and writing, the caller's to close. content_offset, content_size and the content flags of
 * `envelope` are filled in. False: the file is gone, as far as the system lets us remove it.
 */
bool queue_writer_commit(struct queue_writer *writer, struct queue_envelope *envelope, int *fd_r,
                         struct error *err) MUST_CHECK;
/* queue_writer_hold - the same, into the queue `hold`, where no queue manager looks */
bool queue_writer_hold(struct queue_writer *writer, struct queue_envelope *envelope,
                       struct error *err) MUST_CHECK;
/* queue_writer_abandon - forget the message and remove its file; nothing begun is fine */
void queue_writer_abandon(struct queue_writer *writer);

/* --- reading ---------------------------------------------------------------------------------- */

/*
 * queue_file_read - header and envelope of an open queue file, everything checked (bounds,
 * checksums); content is not read. MALFORMED: this is no (whole) queue file, move it to corrupt/.
 * TEMPORARY: it cannot be read now, or is of a format newer than this program; leave it.
 */
bool queue_file_read(int fd, struct arena *arena, struct queue_envelope *envelope_r,
                     struct error *err) MUST_CHECK;
/* queue_file_content_is_whole - reads the content and compares its checksum; for start-up repair */
bool queue_file_content_is_whole(int fd, const struct queue_envelope *envelope,
                                 struct error *err) MUST_CHECK;
/* queue_file_mark - overwrite a recipient's status octet; durable after the caller's fdatasync */
bool queue_file_mark(int fd, const struct queue_recipient *recipient, enum recipient_status status,
                     struct error *err) MUST_CHECK;

/* --- the directory tree ------------------------------------------------------------------------- */

/*
 * queue_path - "deferred/3/3F2A..." with the hash levels that the configuration asks for that queue
 * (hash_queue_names, hash_queue_depth); arena's
 *
 * As Postfix: the first octets of a short queue id, the microseconds in hexadecimal of a long one. In
 * incoming/ the other end of them: an fsync of a directory waits for all that others have just changed
 * in it, so messages of one moment had better lie in different ones.
 */
const char *queue_path(struct arena *arena, const struct config *config, const char *queue,
                       const char *queue_id);
/* queue_open_directory - the directory in which queue_path says, for reading; made when it is missing, and
 * its entry is then durable. -1: *err says why */
int queue_open_directory(int queue_directory, const struct config *config, const char *queue,
                         const char *queue_id, struct error *err) MUST_CHECK;
/* queue_sync_entry - fsync of the directory in which queue_path says, and of all above it: those may be new, too */
bool queue_sync_entry(int queue_directory, const struct config *config, const char *queue,
                      const char *queue_id, struct error *err) MUST_CHECK;
/* queue_move - rename between queues, making hash directories as needed; err->number is ENOENT when the message is not
 * in `from`, and for no other reason */
bool queue_move(int queue_directory, const struct config *config, const char *queue_id,
                const char *from, const char *to, struct error *err) MUST_CHECK;
/* queue_remove - unlink from that queue; one that is not there is an error, too */
bool queue_remove(int queue_directory, const struct config *config, const char *queue,
                  const char *queue_id, struct error *err) MUST_CHECK;
/* queue_rehash - put every file of a queue where queue_path says, after these parameters changed */
bool queue_rehash(int queue_directory, const struct config *config, const char *queue,
                  struct error *err) MUST_CHECK;

/* queue_scan - walk one queue, hash levels included, without holding it in memory; entries in
 * directory order; names that are no queue ids are skipped. A queue without a directory is empty. */
struct queue_scan;
struct queue_scan *queue_scan_open(int queue_directory, const char *queue,
                                   struct error *err) MUST_CHECK;
/* queue_scan_next - false with ERROR_NONE at the end */
bool queue_scan_next(struct queue_scan *scan, char queue_id_r[QUEUE_ID_MAX],
                     struct error *err) MUST_CHECK;
/* queue_scan_path - where the last entry was found, seen from the queue directory; borrowed */
const char *queue_scan_path(const struct queue_scan *scan);
/* queue_scan_settle - move the last entry to where queue_path says, if it lies elsewhere: it was written
 * under other values of the parameters */
bool queue_scan_settle(const struct queue_scan *scan, int queue_directory,
                       const struct config *config, const char *queue, const char *queue_id,
                       struct error *err) MUST_CHECK;
void queue_scan_close(struct queue_scan **scan);

#endif
