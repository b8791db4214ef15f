/*
 * A POP3 session from its lock to its UPDATE state. The maildrop is what the mailbox held at the
 * beginning; mail that arrives meanwhile belongs to the next session.
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define LINE_MAX_OCTETS  2048 /* with its end; RFC 2449 section 4 has 255, Dovecot this */
#define BAD_COMMANDS_MAX 21   /* one after the other */
#define END_TEXT_MAX     64

/* --- one session at a time ------------------------------------------------------------------------------ */

static bool take_lock(struct pop3_session *session, const struct mailbox_place *place,
                      bool *in_use_r, struct error *err)
{
    char *path = place->format == MAILBOX_MAILDIR ? mem_printf("%s/buzon-pop3.lock", place->path)
                                                  : mem_printf("%s/.buzon-pop3.lock", place->home);

    *in_use_r = false;
    session->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (session->lock < 0) {
        error_errno(err, "open %s", path);
    } else if (flock(session->lock, LOCK_EX | LOCK_NB) != 0) {
        *in_use_r = errno == EWOULDBLOCK;
        error_errno(err, "lock %s", path);
        fd_close(&session->lock);
    }
    mem_free(path);
    return session->lock >= 0;
}

/* --- the maildrop -------------------------------------------------------------------------------------------- */

/* The bit of the keyword that hides messages which were deleted by POP3; 0: there is none yet. */
static uint32_t hiding_bit(const struct pop3_session *session)
{
    const struct keywords *keywords = &session->mailbox->keywords;
    const char *flag = session->config->pop3_deleted_flag;

    for (unsigned i = 0; flag[0] != '\0' && i < KEYWORDS_MAX; i++)
        if (keywords->names[i] != NULL && strcasecmp(keywords->names[i], flag) == 0)
            return UINT32_C(1) << i;
    return 0;
}

static void collect_messages(struct pop3_session *session)
{
    const uint32_t hidden = hiding_bit(session);

    session->messages = mem_alloc((session->mailbox->count + 1) * sizeof(*session->messages));
    for (size_t i = 0; i < session->mailbox->count; i++)
        if ((session->mailbox->messages[i].keywords & hidden) == 0)
            session->messages[session->count++].index = (uint32_t)i;
    if (!session->config->pop3_enable_last)
        return;
    for (size_t i = 0; i < session->count; i++)
        if ((session->mailbox->messages[session->messages[i].index].flags & FLAG_SEEN) != 0)
            session->last = i + 1;
}

bool session_open(struct pop3_session *session, const struct mailbox_place *place, bool *in_use_r,
                  struct error *err)
{
    const struct store_settings settings = {
        .format = place->format,
        .path = place->path,
        .home = place->home,
        .hostname = session->config->myhostname,
        .quota = place->quota,
        .layout = strcmp(session->config->mailbox_layout, "fs") == 0 ? LAYOUT_TREE : LAYOUT_MAILDIR,
        .separator = session->config->mailbox_separator[0],
        .prefix = session->config->mailbox_namespace_prefix,
        .strict_owner = session->config->strict_mailbox_ownership,
    };

    session->lock = -1;
    session->arena = arena_create();
    *in_use_r = false;
    session->store = store_open(&settings, err);
    if (session->store == NULL || !take_lock(session, place, in_use_r, err))
        return false;
    session->mailbox = mailbox_open(session->store, "INBOX", false, err);
    if (session->mailbox == NULL)
        return false;
    collect_messages(session);
    return true;
}

void session_close(struct pop3_session *session)
{
    mailbox_close(&session->mailbox);
    store_close(&session->store);
    fd_close(&session->lock);
    stream_free(&session->client);
    mem_free(session->messages);
    arena_free(&session->arena);
}

bool session_load_sizes(struct pop3_session *session, struct error *err)
{
    bool loaded = mailbox_begin_reading(session->mailbox, err);

    for (size_t i = 0; loaded && i < session->count; i++) {
        struct pop3_message *message = &session->messages[i];
        struct message_metadata metadata;
        if (mailbox_metadata(session->mailbox, message->index, WANT_SIZE, NULL, &metadata, err))
            message->size = metadata.virtual_size;
        else if (err->number != ENOENT) /* what another program removed counts as empty */
            loaded = false;
    }
    mailbox_end_reading(session->mailbox);
    session->has_sizes = loaded;
    return loaded;
}

/* --- the UPDATE state ---------------------------------------------------------------------------------------- */

enum mark { MARKED_DELETED, MARKED_NOT_DELETED, MARKED_SEEN };

static bool has_mark(const struct pop3_message *message, enum mark mark)
{
    switch (mark) {
    case MARKED_DELETED:
        return message->deleted;
    case MARKED_NOT_DELETED:
        return !message->deleted;
    case MARKED_SEEN:
        break;
    }
    return message->seen && !message->deleted;
}

/* As ascending indices in the mailbox. */
static size_t collect(const struct pop3_session *session, enum mark mark, uint32_t *indices)
{
    size_t count = 0;

    for (size_t i = 0; i < session->count; i++)
        if (has_mark(&session->messages[i], mark))
            indices[count++] = session->messages[i].index;
    return count;
}

/* By pop3_delete_type: gone for good, or only hidden from POP3. */
static bool delete_messages(struct pop3_session *session, const uint32_t *indices, size_t count,
                            struct error *err)
{
    const struct config *config = session->config;
    struct flag_change hide = {.mode = FLAGS_ADD};
    const bool only_hides =
        strcmp(config->pop3_delete_type, "flag") == 0 ||
        (strcmp(config->pop3_delete_type, "default") == 0 && config->pop3_deleted_flag[0] != '\0');

    if (!only_hides)
        return mailbox_expunge(session->mailbox, indices, count, err);
    if (config->pop3_deleted_flag[0] == '\0') {
        error_set(err, ERROR_PERMANENT, "pop3_delete_type is flag, but pop3_deleted_flag is empty");
        return false;
    }
    return mailbox_keyword(session->mailbox, span_text(config->pop3_deleted_flag), &hide.keywords,
                           err) &&
           mailbox_change_flags(session->mailbox, indices, count, &hide, err);
}

static bool change_seen(struct pop3_session *session, enum flag_mode mode, const uint32_t *indices,
                        size_t count, struct error *err)
{
    const struct flag_change change = {.mode = mode, .flags = FLAG_SEEN};

    return count == 0 || mailbox_change_flags(session->mailbox, indices, count, &change, err);
}

bool session_update(struct pop3_session *session, struct error *err)
{
    const bool updates_flags = !session->config->pop3_no_flag_updates;
    uint32_t *indices = mem_alloc((session->count + 1) * sizeof(*indices));
    size_t count = collect(session, MARKED_DELETED, indices);
    bool updated = count == 0 || delete_messages(session, indices, count, err);

    if (updated && session->forgets_seen) {
        count = collect(session, MARKED_NOT_DELETED, indices);
        updated = change_seen(session, FLAGS_REMOVE, indices, count, err);
    }
    if (updated && updates_flags) {
        count = collect(session, MARKED_SEEN, indices);
        updated = change_seen(session, FLAGS_ADD, indices, count, err);
    }
    mem_free(indices);
    return updated;
}

/* --- commands --------------------------------------------------------------------------------------------------- */

/* The log's word for it, as Dovecot's; in `text` where it has a number. */
static const char *end_of(const struct pop3_session *session, enum stream_status status,
                          char text[END_TEXT_MAX])
{
    if (session->quit)
        return "Logged out";
    switch (status) {
    case STREAM_TIMEOUT:
        snprintf(text, END_TEXT_MAX, "Inactivity - no input for %d secs",
                 session->config->pop3_idle_timeout);
        return text;
    case STREAM_TOO_LONG:
        return "Input line too long";
    case STREAM_OK:
    case STREAM_EOF:
    case STREAM_FAILED:
        break;
    }
    return session->bad_commands >= BAD_COMMANDS_MAX ? "Too many bad commands."
                                                     : "Connection closed";
}

/* Of the whole maildrop as it was at the beginning. */
static uint64_t total_size(const struct pop3_session *session)
{
    uint64_t size = 0;

    for (size_t i = 0; session->has_sizes && i < session->count; i++)
        size += session->messages[i].size;
    return size;
}

static void log_end(const struct pop3_session *session, const char *how)
{
    log_info("pop3(%s)<%d><%s>: Disconnected: %s top=%zu/%" PRIu64 ", retr=%zu/%" PRIu64
             ", del=%zu/%zu, size=%" PRIu64,
             session->user, (int)getpid(), session->session, how, session->tops,
             session->top_octets, session->retrievals, session->retrieved_octets,
             session->quit ? session->deleted_count : 0, session->count, total_size(session));
}

/* The next line, after what was said is on its way. */
static enum stream_status read_line(struct pop3_session *session, struct span *line_r)
{
    enum stream_status status = STREAM_OK;
    bool bare = false;

    if (!stream_has_input(session->client))
        status = stream_flush(session->client);
    if (status != STREAM_OK)
        return status;
    service_quiet(true);
    status = stream_read_line(session->client, LINE_MAX_OCTETS - 1, line_r, &bare);
    service_quiet(false);
    return status == STREAM_OK && !bare && line_r->len == LINE_MAX_OCTETS - 1 ? STREAM_TOO_LONG
                                                                              : status;
}

void session_run(struct pop3_session *session)
{
    enum stream_status status = STREAM_OK;
    char text[END_TEXT_MAX];
    struct span line;

    while (!session->ended && status == STREAM_OK) {
        status = read_line(session, &line);
        if (status == STREAM_OK)
            pop3_command(session, line);
        session->ended = session->ended || session->bad_commands >= BAD_COMMANDS_MAX;
    }
    if (session->bad_commands >= BAD_COMMANDS_MAX)
        stream_write_text(session->client, "-ERR Too many bad commands.\r\n");
    if (status == STREAM_TOO_LONG)
        stream_write_text(session->client, "-ERR Input line too long.\r\n");
    if (status == STREAM_TIMEOUT)
        stream_write_text(session->client, "-ERR Disconnected for inactivity.\r\n");
    if (stream_flush(session->client) != STREAM_OK)
        log_debug("pop3: the client is gone");
    log_end(session, end_of(session, status, text));
}
