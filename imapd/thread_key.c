/*
 * What THREAD looks at of a message, as the index keeps it (lib/store/keys.h):
 *
 *   date, 8 octets       reply, 1 octet       lengths of the texts, 2 octets each
 *   subject, message id, in-reply-to, references
 */
#include "lib/base/base.h"

#include "imapd/thread_key.h"

#include <endian.h>

#define TEXTS    4
#define HEAD_LEN (sizeof(int64_t) + 1 + TEXTS * sizeof(uint16_t))

bool thread_key_put(struct buf *out, const struct thread_message *message)
{
    const struct span texts[TEXTS] = {message->subject, message->message_id, message->in_reply_to,
                                      message->references};
    uint64_t date = htobe64((uint64_t)message->date);
    size_t len = HEAD_LEN;

    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i].len > UINT16_MAX)
            return false;
        len += texts[i].len;
    }
    if (len > out->limit - out->len)
        return false;
    buf_put(out, span_of(&date, sizeof(date)));
    buf_put_char(out, message->is_reply ? 1 : 0);
    for (size_t i = 0; i < TEXTS; i++) {
        uint16_t text_len = htobe16((uint16_t)texts[i].len);
        buf_put(out, span_of(&text_len, sizeof(text_len)));
    }
    for (size_t i = 0; i < TEXTS; i++)
        buf_put(out, texts[i]);
    return true;
}

bool thread_key_read(struct span key, struct thread_message *message_r)
{
    struct span *const texts[TEXTS] = {&message_r->subject, &message_r->message_id,
                                       &message_r->in_reply_to, &message_r->references};
    const char *head = key.data;
    struct span rest = span_skip(key, HEAD_LEN);
    uint64_t date;

    if (key.len < HEAD_LEN)
        return false;
    memcpy(&date, head, sizeof(date));
    message_r->date = (int64_t)be64toh(date);
    message_r->is_reply = head[sizeof(date)] != 0;
    for (size_t i = 0; i < TEXTS; i++) {
        uint16_t len;
        memcpy(&len, head + sizeof(date) + 1 + i * sizeof(len), sizeof(len));
        len = be16toh(len);
        if (len > rest.len)
            return false;
        *texts[i] = span_first(rest, len);
        rest = span_skip(rest, len);
    }
    return rest.len == 0;
}
