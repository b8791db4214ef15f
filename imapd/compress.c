/* COMPRESS: RFC 4978. */
#include "lib/base/base.h"

#include "imapd/command.h"

void imapd_run_compress(struct imapd_session *session, struct cursor at)
{
    struct span algorithm;
    enum stream_status status;

    if (!parse_space(&at) || !parse_atom(&at, &algorithm) || !parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
    } else if (!span_equal_text_nocase(algorithm, "DEFLATE")) {
        imapd_bad(session, "Error in IMAP command: Unknown compression.");
    } else if (stream_is_compressed(session->client)) {
        imapd_no(session, "[COMPRESSIONACTIVE] DEFLATE is active already.");
    } else {
        imapd_ok(session, "DEFLATE is active now.");
        status = stream_start_deflate(session->client);
        if (status != STREAM_OK && !session->ended)
            imapd_input_failed(session, status);
    }
}
