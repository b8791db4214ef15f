/* THREADID: which conversation a message is of. */
#include "lib/base/base.h"

#include "imapd/thread_id.h"

#include "imapd/thread.h"
#include "lib/message/envelope.h"
#include "lib/message/mime.h"

#include <openssl/evp.h>
#include <stdio.h>

static struct span root_of(struct arena *arena, const struct message_metadata *metadata)
{
    struct span fields[3] = {mime_find_field(metadata->headers, THREAD_ID_FIELD)}, id;
    struct envelope envelope;

    if (envelope_read(arena, metadata->envelope, ENVELOPE_MESSAGE_ID, &envelope)) {
        fields[1] = envelope.fields[ENVELOPE_IN_REPLY_TO];
        fields[2] = envelope.fields[ENVELOPE_MESSAGE_ID];
    }
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        if (fields[i].len > 0 && thread_next_id(arena, &fields[i], &id))
            return id;
    }
    return span_text(metadata->email_id);
}

void thread_id_put(const struct message_metadata *metadata, char id_r[THREAD_ID_LEN + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    struct arena *arena = arena_create();
    struct span root = root_of(arena, metadata);

    EVP_Digest(root.data, root.len, digest, NULL, EVP_sha256(), NULL);
    id_r[0] = 'T';
    for (size_t i = 0; i < THREAD_ID_LEN / 2; i++)
        snprintf(id_r + 1 + 2 * i, 3, "%02x", digest[i]);
    arena_free(&arena);
}
