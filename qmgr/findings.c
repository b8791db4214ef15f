/* Batches of findings (qmgr/findings.h). */
#include "lib/base/base.h"

#include "qmgr/findings.h"

#include "lib/message/address.h"

static struct batch *add_batch(struct findings *findings)
{
    struct arena *arena = arena_create();
    struct batch *batch = arena_new(arena, struct batch);

    batch->arena = arena;
    if (findings->last == NULL)
        findings->first = batch;
    else
        findings->last->next = batch;
    findings->last = batch;
    return batch;
}

static void grow(struct batch *batch)
{
    struct notice_recipient *grown;

    batch->capacity = batch->capacity == 0 ? 1 : batch->capacity * 4;
    grown = arena_array(batch->arena, struct notice_recipient, batch->capacity);
    if (batch->count > 0)
        memcpy(grown, batch->recipients, batch->count * sizeof(*grown));
    batch->recipients = grown;
}

/* What is longer than a notice may have would never be told. */
static const char *copy(struct batch *batch, const char *text, size_t max)
{
    return text == NULL || text[0] == '\0'
               ? ""
               : arena_text(batch->arena, span_first(span_text(text), max));
}

/* What is being told stays as it is. */
static bool is_open(const struct findings *findings)
{
    return findings->last != NULL && findings->last->count < BATCH_MAX &&
           !(findings->is_being_told && findings->last == findings->first);
}

void findings_add(struct findings *findings, const struct notice_recipient *recipient)
{
    struct batch *batch = is_open(findings) ? findings->last : add_batch(findings);
    struct notice_recipient *added;

    if (batch->count == batch->capacity)
        grow(batch);
    added = &batch->recipients[batch->count++];
    *added = *recipient;
    added->address = copy(batch, recipient->address, ADDRESS_MAX);
    added->original = copy(batch, recipient->original, ADDRESS_MAX);
    added->dsn_orcpt = copy(batch, recipient->dsn_orcpt, ADDRESS_MAX);
    added->status = copy(batch, recipient->status, DELIVERY_STATUS_MAX);
    added->text = copy(batch, recipient->text, DELIVERY_TEXT_MAX);
    added->remote_mta = copy(batch, recipient->remote_mta, DELIVERY_TEXT_MAX);
    added->diagnostic = copy(batch, recipient->diagnostic, DELIVERY_TEXT_MAX);
    added->action_address = copy(batch, recipient->action_address, ADDRESS_MAX);
    findings->count++;
}

bool findings_is_full(const struct findings *findings)
{
    return findings->first != NULL && findings->first->count == BATCH_MAX;
}

static void drop_first(struct findings *findings)
{
    struct batch *batch = findings->first;
    struct arena *arena = batch->arena;

    findings->first = batch->next;
    if (findings->first == NULL)
        findings->last = NULL;
    arena_free(&arena);
}

void findings_told(struct findings *findings, size_t count)
{
    struct batch *batch = findings->first;

    batch->told += count;
    findings->count -= count;
    if (batch->told == batch->count)
        drop_first(findings);
}

void findings_release(struct findings *findings)
{
    while (findings->first != NULL)
        drop_first(findings);
    findings->count = 0;
}
