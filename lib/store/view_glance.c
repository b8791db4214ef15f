/*
 * A glance at one end of a mailbox whose messages nobody has read yet. Most sessions look at the newest ones
 * after SELECT and at nothing else; the price is then that of those few, not of the whole mailbox.
 */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#define GLANCE_MAX  256  /* messages */
#define MAILBOX_MIN 1024 /* messages; fewer are read in no time, and then once for all commands */
#define MAILBOX_MAX 1000000 /* on the index's word alone */

void mailbox_end_glance(struct mailbox *mailbox)
{
    if (!mailbox->awaited || mailbox->count == 0)
        return;
    memset(&mailbox->messages[mailbox->glanced_first], 0,
           (mailbox->glanced_past - mailbox->glanced_first) * sizeof(*mailbox->messages));
    mailbox->count = mailbox->gone = 0;
}

static bool is_near_start(const struct view_glance *glance)
{
    return glance->last <= GLANCE_MAX;
}

static bool is_near_end(const struct mailbox *mailbox, const struct view_glance *glance)
{
    size_t past = glance->by_uid ? mailbox->uidnext : mailbox->expected + 1;

    return glance->first >= past || past - glance->first <= GLANCE_MAX;
}

bool view_may_glance(const struct mailbox *mailbox, const struct view_glance *glance)
{
    return mailbox->awaited && mailbox->expected >= MAILBOX_MIN &&
           mailbox->expected <= MAILBOX_MAX &&
           (is_near_start(glance) || is_near_end(mailbox, glance));
}

static void put_message(struct mailbox *mailbox, size_t index, const struct index_flags *flags)
{
    struct mailbox_message *shown = &mailbox->messages[index];

    memcpy(shown, flags, sizeof(*shown));
    shown->flags |= shown->uid >= mailbox->expected_recent_from ? FLAG_RECENT : 0;
}

/* Are all messages in the view that are wanted? What is before them may have any number of UIDs. */
static bool reaches_first(const struct view_glance *glance)
{
    const struct mailbox *mailbox = glance->mailbox;
    size_t index = mailbox->glanced_first;

    if (index == 0 || index >= mailbox->count)
        return index == 0;
    return (glance->by_uid ? mailbox->messages[index].uid : index + 1) <= glance->first;
}

static bool put_before(void *context, const struct index_flags *flags, size_t count)
{
    struct view_glance *glance = context;
    struct mailbox *mailbox = glance->mailbox;

    glance->too_many = count > mailbox->glanced_first;
    for (; count > 0 && !glance->too_many; count--)
        put_message(mailbox, --mailbox->glanced_first, &flags[count - 1]);
    return !glance->too_many && !reaches_first(glance);
}

static bool put_behind(void *context, const struct index_flags *flags, size_t count)
{
    struct view_glance *glance = context;
    struct mailbox *mailbox = glance->mailbox;

    for (size_t i = 0; i < count; i++) {
        if (mailbox->count == GLANCE_MAX ||
            (glance->by_uid ? flags[i].uid : mailbox->count + 1) > glance->last)
            return false;
        put_message(mailbox, mailbox->count, &flags[i]);
        mailbox->glanced_past = ++mailbox->count;
    }
    return true;
}

static bool show_start(struct view_glance *glance, struct error *err)
{
    struct mailbox *mailbox = glance->mailbox;

    mailbox->glanced_first = mailbox->glanced_past = 0;
    return index_walk_flags(mailbox->store->index, mailbox->id, 0, put_behind, glance, err) &&
           (glance->by_uid || mailbox->count == glance->last);
}

static bool show_end(struct view_glance *glance, struct error *err)
{
    struct mailbox *mailbox = glance->mailbox;

    mailbox->count = mailbox->expected;
    mailbox->glanced_first = mailbox->glanced_past = mailbox->expected;
    return index_walk_flags_back(mailbox->store->index, mailbox->id, put_before, glance, err) &&
           !glance->too_many && reaches_first(glance);
}

/* Where others changed the mailbox since it was selected, numbers are not what the client takes them for. */
bool view_glance(struct mailbox *mailbox, const struct index_mailbox *state, void *context,
                 struct error *err)
{
    struct view_glance *glance = context;

    if (state->modseq != mailbox->modseq)
        return false;
    if (mailbox->messages == NULL) { /* pages that nobody touches take no memory */
        mailbox->messages = mem_alloc(mailbox->expected * sizeof(*mailbox->messages));
        mailbox->capacity = mailbox->expected;
    }
    glance->mailbox = mailbox;
    return is_near_start(glance) ? show_start(glance, err) : show_end(glance, err);
}
