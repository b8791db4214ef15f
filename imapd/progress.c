/* "* OK [INPROGRESS ...]" every few seconds, and the limit of time for one command. */
#include "lib/base/base.h"

#include "imapd/progress.h"

#include "lib/base/clock.h"
#include "lib/message/imap_text.h"

#define STEPS 16 /* messages between two looks at the clock */

void progress_begin(struct progress *progress, struct imapd_session *session,
                    struct mailbox *mailbox, size_t total)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t limit_s = session->config->imap_search_time_limit;

    *progress = (struct progress){
        .session = session,
        .mailbox = mailbox,
        .total = total,
        .next_ms = now_ms + (int64_t)session->config->imap_progress_interval * 1000,
        .ends_ms = limit_s == 0 ? INT64_MAX : now_ms + limit_s * 1000,
    };
}

/* The client may be slow to read it: no transaction of the index is held meanwhile. Where the session
 * ends here nothing is being read any more. */
static bool tell(struct progress *progress, struct error *err)
{
    struct imapd_session *session = progress->session;
    enum stream_status status;

    mailbox_end_reading(progress->mailbox);
    buf_put_text(&session->response, "* OK [INPROGRESS (");
    imap_put_string(&session->response, session->tag);
    buf_put_printf(&session->response, " %zu %zu)] Still working.\r\n", progress->done,
                   progress->total);
    imapd_flush(session);
    status = stream_flush(session->client);
    if (status != STREAM_OK)
        imapd_input_failed(session, status);
    if (!session->ended && !mailbox_begin_reading(progress->mailbox, err))
        imapd_bye(session, "Internal error occurred. Refer to server log for more information.");
    return !session->ended;
}

bool progress_step(struct progress *progress, struct error *err)
{
    return progress_reach(progress, progress->done + 1, err);
}

bool progress_reach(struct progress *progress, size_t done, struct error *err)
{
    int64_t now_ms;

    progress->done = done;
    if (++progress->skipped < STEPS && progress->session->config->imap_progress_interval != 0)
        return true;
    progress->skipped = 0;
    now_ms = clock_monotonic_ms();
    if (now_ms >= progress->ends_ms) {
        error_set(err, ERROR_PERMANENT, "[LIMIT] The command takes too long.");
        return false;
    }
    if (now_ms < progress->next_ms || progress->done >= progress->total)
        return true;
    progress->next_ms = now_ms + (int64_t)progress->session->config->imap_progress_interval * 1000;
    return tell(progress, err);
}
