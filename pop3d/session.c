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
#include <sys/file.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 512 /* RFC 2449 section 4: 255; some clients pad */
#define BAD_LINES_MAX   20

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

bool session_open(struct pop3_session *session, const struct mailbox_place *place, bool *in_use_r,
                  struct error *err)
{
    const struct store_settings settings = {
        .format = place->format,
        .path = place->path,
        .home = place->home,
        .hostname = session->config->myhostname,
        .quota = place->quota,
    };

    session->lock = -1;
    *in_use_r = false;
    session->store = store_open(&settings, err);
    if (session->store == NULL || !take_lock(session, place, in_use_r, err))
        return false;
    session->mailbox = mailbox_open(session->store, "INBOX", false, err);
    if (session->mailbox == NULL)
        return false;
    session->arena = arena_create();
    if (!mailbox_pop3_uidls(session->mailbox, session->arena, &session->uidls, err))
        return false;
    session->deleted = mem_alloc(session->mailbox->count * sizeof(bool) + 1);
    session->seen = mem_alloc(session->mailbox->count * sizeof(bool) + 1);
    return true;
}

void session_close(struct pop3_session *session)
{
    mailbox_close(&session->mailbox);
    store_close(&session->store);
    fd_close(&session->lock);
    stream_free(&session->client);
    arena_free(&session->arena);
    mem_free(session->sizes);
    mem_free(session->deleted);
    mem_free(session->seen);
}

bool session_load_sizes(struct pop3_session *session, struct error *err)
{
    uint64_t *sizes = mem_alloc(session->mailbox->count * sizeof(*sizes) + 1);
    bool loaded = mailbox_begin_reading(session->mailbox, err);

    for (size_t i = 0; loaded && i < session->mailbox->count; i++) {
        struct message_metadata metadata;
        if (mailbox_metadata(session->mailbox, i, WANT_SIZE, NULL, &metadata, err))
            sizes[i] = metadata.virtual_size;
        else if (err->number != ENOENT) /* what another program removed counts as empty */
            loaded = false;
    }
    mailbox_end_reading(session->mailbox);
    if (loaded)
        session->sizes = sizes;
    else
        mem_free(sizes);
    return loaded;
}

/* --- the UPDATE state ---------------------------------------------------------------------------------------- */

/* The marked ones among `marks`, as ascending indices. */
static size_t collect(const struct pop3_session *session, const bool *marks, uint32_t *indices)
{
    size_t count = 0;

    for (size_t i = 0; i < session->mailbox->count; i++)
        if (marks[i] && (marks == session->deleted || !session->deleted[i]))
            indices[count++] = (uint32_t)i;
    return count;
}

bool session_update(struct pop3_session *session, struct error *err)
{
    const struct flag_change seen = {.mode = FLAGS_ADD, .flags = FLAG_SEEN};
    uint32_t *indices = mem_alloc(session->mailbox->count * sizeof(*indices) + 1);
    size_t count = collect(session, session->deleted, indices);
    bool updated = count == 0 || mailbox_expunge(session->mailbox, indices, count, err);

    if (updated) {
        count = collect(session, session->seen, indices);
        updated = count == 0 || mailbox_change_flags(session->mailbox, indices, count, &seen, err);
    }
    mem_free(indices);
    return updated;
}

/* --- commands --------------------------------------------------------------------------------------------------- */

static const char *end_of(enum stream_status status)
{
    switch (status) {
    case STREAM_EOF:
        return "Connection closed";
    case STREAM_TIMEOUT:
        return "Disconnected: Inactivity";
    case STREAM_OK:
    case STREAM_FAILED:
    case STREAM_TOO_LONG:
        break;
    }
    return "Connection closed";
}

static void log_end(const struct pop3_session *session, const char *how)
{
    log_info("pop3(%s)<%d><%s>: Disconnected: %s top=%zu/%" PRIu64 ", retr=%zu/%" PRIu64
             ", del=%zu/%zu, size=%" PRIu64,
             session->user, (int)getpid(), session->session, how, session->tops,
             session->top_octets, session->retrievals, session->retrieved_octets,
             session->quit ? session->deleted_count : 0, session->mailbox->count,
             session->quit ? session->deleted_size : 0);
}

void session_run(struct pop3_session *session)
{
    enum stream_status status = STREAM_OK;
    unsigned bad_lines = 0;
    struct span line;

    while (!session->ended && bad_lines < BAD_LINES_MAX) {
        if (!stream_has_input(session->client))
            status = stream_flush(session->client);
        if (status != STREAM_OK)
            break;
        service_quiet(true);
        status = stream_read_line(session->client, LINE_MAX_OCTETS, &line, NULL);
        service_quiet(false);
        if (status == STREAM_TOO_LONG) {
            stream_write_text(session->client, "-ERR Line too long.\r\n");
            bad_lines = BAD_LINES_MAX;
            status = STREAM_OK;
        } else if (status == STREAM_OK) {
            pop3_command(session, line);
        }
    }
    if (status == STREAM_TIMEOUT)
        stream_write_text(session->client, "-ERR Disconnected for inactivity.\r\n");
    if (stream_flush(session->client) != STREAM_OK)
        log_debug("pop3: the client is gone");
    log_end(session, session->quit ? "Logged out" : end_of(status));
}
