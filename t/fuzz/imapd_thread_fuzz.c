/* Message ids and References of any kind: a line is a message, its fields are parted by semicolons. */
#include "lib/base/base.h"

#include "imapd/thread.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    thread(THREAD_REFERENCES, span_of(data, size));
    thread(THREAD_REFS, span_of(data, size));
    thread(THREAD_ORDERED_SUBJECT, span_of(data, size));
    return 0;
}
