/* THREAD and UID THREAD. */
#include "lib/base/base.h"

#include "imapd/thread.h"

#include "imapd/command.h"
#include "imapd/search_run.h"
#include "imapd/sort.h"
#include "imapd/thread_key.h"
#include "lib/message/envelope.h"
#include "lib/message/subject.h"

#define KEPT_AS 8 /* the kind of its keys in the index; those below are of SORT */

static const struct {
    const char *name;
    enum thread_kind kind;
} algorithms[] = {
    {"ORDEREDSUBJECT", THREAD_ORDERED_SUBJECT},
    {"REFERENCES",     THREAD_REFERENCES     },
    {"REFS",           THREAD_REFS           },
};

struct threading {
    struct imapd_session *session;
    enum thread_kind kind;
    struct search search;
    struct threads *threads;
    struct strlist fields;    /* References */
    struct arena *arena;      /* of one message */
    struct buf subject, room; /* to work in */
};

static bool take_algorithm(struct cursor *at, enum thread_kind *kind_r)
{
    struct span name;

    if (!parse_space(at) || !parse_atom(at, &name))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(algorithms); i++) {
        if (span_equal_text_nocase(name, algorithms[i].name)) {
            *kind_r = algorithms[i].kind;
            return true;
        }
    }
    return false;
}

/* From what is known of the message. Texts are the index's, or threading's, until the next message. */
static bool make_message(struct threading *threading, uint32_t index,
                         struct thread_message *message, struct error *err)
{
    struct mailbox *mailbox = threading->session->mailbox;
    bool by_subject = threading->kind == THREAD_ORDERED_SUBJECT;
    struct message_metadata metadata;
    struct envelope envelope;

    if (!mailbox_metadata(mailbox, index,
                          WANT_ENVELOPE | WANT_DATE | (by_subject ? 0 : WANT_HEADERS),
                          &threading->fields, &metadata, err))
        return false;
    arena_reset(threading->arena);
    buf_clear(&threading->subject);
    (void)!envelope_read(threading->arena, metadata.envelope, ENVELOPE_MESSAGE_ID, &envelope);
    sort_map_header(threading->search.casemap, &threading->subject, &threading->room,
                    envelope.fields[ENVELOPE_SUBJECT]);
    message->subject =
        subject_base(threading->subject.data, threading->subject.len, &message->is_reply);
    message->date = sort_sent_date(envelope.fields[ENVELOPE_DATE], metadata.internal_date);
    message->message_id = envelope.fields[ENVELOPE_MESSAGE_ID];
    message->in_reply_to = envelope.fields[ENVELOPE_IN_REPLY_TO];
    if (by_subject)
        return true;
    message->references = mime_find_field(metadata.headers, "References");
    buf_clear(&threading->room);
    if (thread_key_put(&threading->room, message))
        mailbox_keep_key(mailbox, index, KEPT_AS, buf_span(&threading->room));
    return true;
}

/* A message that is gone is in no thread. */
static bool add_message(struct threading *threading, uint32_t index, struct error *err)
{
    struct imapd_session *session = threading->session;
    struct thread_message message = {0};
    struct span key;

    if (!mailbox_find_key(session->mailbox, index, KEPT_AS, &key) ||
        !thread_key_read(key, &message)) {
        message = (struct thread_message){0};
        if (!make_message(threading, index, &message, err))
            return err->number == ENOENT;
    }
    message.number = session->by_uid ? session->mailbox->messages[index].uid : index + 1;
    threads_add(threading->threads, &message);
    return true;
}

static bool thread_messages(struct threading *threading, struct error *err)
{
    struct imapd_session *session = threading->session;
    struct progress progress;
    struct found found = {0};
    bool done;

    progress_begin(&progress, session, session->mailbox, 2 * session->mailbox->count);
    done = search_run(session, session->mailbox, &threading->search, &progress, &found, err);
    for (size_t i = 0; i < found.count && done; i++)
        done = add_message(threading, found.indices[i], err) && progress_step(&progress, err);
    found_release(&found);
    return done;
}

static void thread_mailbox(struct threading *threading)
{
    struct imapd_session *session = threading->session;
    struct error err = {0};
    bool done;

    if (threading->search.has_modseq && !imapd_need_modseqs(session, "THREAD", "MODSEQ"))
        return;
    if (!mailbox_begin_reading(session->mailbox, &err)) {
        imapd_failed(session, &err);
        return;
    }
    done = thread_messages(threading, &err);
    if (!session->ended)
        mailbox_end_reading(session->mailbox);
    if (!done) {
        search_failed(session, &err);
        return;
    }
    buf_put_text(&session->response, "* THREAD");
    threads_put(threading->threads, &session->response);
    buf_put_text(&session->response, "\r\n");
    imapd_ok(session, "Thread completed.");
}

void imapd_run_thread(struct imapd_session *session, struct cursor at)
{
    struct threading threading = {.session = session};
    enum search_parsed parsed = SEARCH_MALFORMED;

    if (take_algorithm(&at, &threading.kind))
        parsed = search_parse_keys(session->arena, &at, &threading.search);
    if (parsed == SEARCH_PARSED) {
        threading.threads = threads_create(threading.kind);
        threading.arena = arena_create();
        threading.subject = BUF(SORT_TEXT_MAX);
        threading.room = BUF(SORT_TEXT_MAX);
        strlist_add(&threading.fields, "References");
        thread_mailbox(&threading);
        threads_free(&threading.threads);
        arena_free(&threading.arena);
        buf_release(&threading.subject);
        buf_release(&threading.room);
        strlist_release(&threading.fields);
    } else {
        search_refuse(session, parsed);
    }
    search_release(&threading.search);
}
