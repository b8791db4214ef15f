/* The message from the queue file to the server, in large blocks. */
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "smtp/delivery.h"
#include "smtp/downgrade.h"
#include "smtp/wire.h"

#include <unistd.h>

#define READ_MAX  65536 /* octets of content at a time */
#define LONG_LINE 998   /* longer lines are what QUEUE_LONG_LINE tells of */

struct sending {
    struct delivery *delivery;
    struct session *session;
    struct wire wire;
    struct buf *out; /* on the wire; sent with the next write */
};

/* The final dot must not follow. */
static bool read_failed(struct sending *sending, struct failure *failure_r)
{
    sending->session->dead = true;
    *failure_r = (struct failure){
        .status = "4.3.0",
        .text = arena_printf(sending->delivery->arena, "queue file read error: %s",
                             errno == 0 ? "it is too short" : strerror(errno)),
    };
    return false;
}

/* Octets of the message as it leaves. False: *failure_r. */
static bool read_octets(struct sending *sending, char *octets, size_t len, uint64_t done,
                        struct failure *failure_r)
{
    return outgoing_read(&sending->delivery->outgoing, octets, len, done) ||
           read_failed(sending, failure_r);
}

/* For firewalls that lose the dot unless it comes in a packet of its own. */
static enum stream_status pause_before_dot(struct sending *sending)
{
    enum stream_status status;

    stream_write(sending->session->stream, buf_span(sending->out));
    buf_clear(sending->out);
    status = stream_flush(sending->session->stream);
    if (status == STREAM_OK)
        sleep((unsigned)sending->session->settings->pix_delay_time);
    return status;
}

/* A block goes out. The last one stays in the stream's buffer, and the dot travels with it. */
static bool write_block(struct sending *sending, struct span block, bool is_last,
                        struct failure *failure_r)
{
    struct session *session = sending->session;
    enum stream_status status = STREAM_OK;

    wire_put(&sending->wire, block, sending->out);
    if (is_last && (session->pix_workarounds & PIX_DELAY_DOTCRLF) != 0)
        status = pause_before_dot(sending);
    if (is_last)
        wire_finish(&sending->wire, sending->out);
    stream_write(session->stream, buf_span(sending->out));
    buf_clear(sending->out);
    if (!is_last && status == STREAM_OK)
        status = stream_flush(session->stream);
    if (status == STREAM_OK)
        return true;
    *failure_r = session_lost(session, sending->delivery->arena, status, "sending message body");
    return false;
}

static bool send_file(struct sending *sending, struct failure *failure_r)
{
    uint64_t size = sending->delivery->outgoing.request.content_size;
    size_t room = size < READ_MAX ? (size_t)size : READ_MAX;
    char *block = mem_alloc(room + 1);
    uint64_t done = 0;
    bool sent;

    do {
        size_t len = size - done < room ? (size_t)(size - done) : room;

        sent = read_octets(sending, block, len, done, failure_r) &&
               write_block(sending, span_of(block, len), done + len == size, failure_r);
        done += len;
    } while (sent && done < size);
    mem_free(block);
    return sent;
}

/* The rare case, in memory as a whole: what was accepted fits there. */
static bool send_downgraded(struct sending *sending, struct failure *failure_r)
{
    size_t size = (size_t)sending->delivery->outgoing.request.content_size;
    char *message = mem_alloc(size + 1);
    struct buf converted = BUF(BUF_UNLIMITED);
    bool sent = read_octets(sending, message, size, 0, failure_r);
    size_t done = 0;

    if (sent)
        downgrade(span_of(message, size), &converted);
    mem_free(message);
    while (sent && (done < converted.len || done == 0)) {
        struct span block = span_first(span_skip(buf_span(&converted), done), READ_MAX);
        bool is_last = done + block.len == converted.len;

        sent = write_block(sending, block, is_last, failure_r);
        done += block.len;
        if (is_last)
            break;
    }
    buf_release(&converted);
    return sent;
}

bool content_send(struct delivery *delivery, struct session *session, bool to_seven_bits,
                  struct failure *failure_r)
{
    uint64_t flags = delivery->outgoing.request.flags;
    struct sending sending = {
        .delivery = delivery,
        .session = session,
        .wire = {.stuff_dots = (flags & QUEUE_NEEDS_STUFFING) != 0 || to_seven_bits},
        .out = &delivery->client->content,
    };
    bool sent;

    if ((flags & QUEUE_LONG_LINE) != 0 || session->settings->line_length_limit < LONG_LINE)
        sending.wire.line_limit = session->settings->line_length_limit;
    stream_timeout(session->stream, clock_ms(session->settings->data_xfer_timeout));
    sent = to_seven_bits ? send_downgraded(&sending, failure_r) : send_file(&sending, failure_r);
    if (sending.wire.broke)
        log_info("%s: breaking line > %zu bytes with <CR><LF>SPACE", delivery->request->queue_id,
                 sending.wire.line_limit);
    return sent;
}
