/* Message ids and References of any kind: a line is a message, its fields are parted by semicolons. */
#include "lib/base/base.h"

#include "imapd/thread_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void thread(enum thread_kind kind, struct span rest)
{
    struct threads *threads = threads_create(kind);
    struct buf out = BUF(BUF_UNLIMITED);

    for (uint32_t number = 1; rest.len > 0; number++) {
        struct span line = span_take_until(&rest, '\n');
        struct thread_message message = {.number = number, .date = (int64_t)line.len};
        message.message_id = span_take_until(&line, ';');
        message.references = span_take_until(&line, ';');
        message.in_reply_to = span_take_until(&line, ';');
        message.subject = line;
        message.is_reply = line.len > 0 && line.data[0] == 'R';
        threads_add(threads, &message);
    }
    threads_put(threads, &out);
    buf_release(&out);
    threads_free(&threads);
}

/* What the index may hold of a message; a user can write his own. */
static void read_key(struct span octets)
{
    struct thread_message message = {0}, again = {0};
    struct buf key = BUF(BUF_UNLIMITED);

    if (thread_key_read(octets, &message)) {
        ASSERT(thread_key_put(&key, &message));
        ASSERT(thread_key_read(buf_span(&key), &again));
        ASSERT(again.date == message.date && again.is_reply == message.is_reply);
        ASSERT(span_equal(again.subject, message.subject));
        ASSERT(span_equal(again.references, message.references));
    }
    buf_release(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_key(span_of(data, size));
    thread(THREAD_REFERENCES, span_of(data, size));
    thread(THREAD_REFS, span_of(data, size));
    thread(THREAD_ORDERED_SUBJECT, span_of(data, size));
    return 0;
}
