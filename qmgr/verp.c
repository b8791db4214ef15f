/* Who is the sender of which copy (qmgr/verp.h). */
#include "qmgr/verp.h"

#include "lib/base/log.h"
#include "lib/message/verp.h"
#include "lib/queue/postmaster.h"

/* NULL: nobody asks for it. */
static const char *take_attribute(struct queue_envelope *envelope)
{
    const char *value = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < envelope->attribute_count; i++) {
        if (strcmp(envelope->attributes[i].name, QUEUE_ATTRIBUTE_VERP) == 0)
            value = envelope->attributes[i].value;
        else
            envelope->attributes[kept++] = envelope->attributes[i];
    }
    envelope->attribute_count = kept;
    return value;
}

/* Notices of notices come from there (bounce/rules.c), and are told apart by that. */
static bool is_double_bounce(const struct message *message)
{
    const char *sender = postmaster_sender(message->qmgr->config, message->arena);

    return strcasecmp(message->envelope.sender, sender) == 0;
}

void verp_settle(struct message *message)
{
    const char *delimiters = take_attribute(&message->envelope);

    if (delimiters == NULL || is_double_bounce(message))
        return;
    if (message->envelope.sender[0] == '\0')
        log_warning("%s: ignoring VERP request for null sender", message->queue_id);
    else if (!verp_is_pair(span_text(delimiters), message->qmgr->config->verp_delimiter_filter))
        log_warning("%s: ignoring bad VERP request: \"%.100s\"", message->queue_id, delimiters);
    else
        message->verp = delimiters;
}

const char *verp_return_path(const struct message *message, struct arena *arena,
                             const char *original, const char *address)
{
    const char *sender = message->envelope.sender;
    const char *path;

    if (message->verp == NULL)
        return sender;
    path = verp_sender(arena, message->verp, sender,
                       original == NULL || original[0] == '\0' ? address : original);
    return path == NULL ? sender : path;
}
