/* The beginning of a conversation: greeting, EHLO and its keywords, STARTTLS. RFC 5321 sections 3.1,
 * 3.2 and 4.1.1.1; RFC 3207; RFC 2033. */
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/map/map.h"
#include "smtp/session.h"

#define DISCARDED_MAX 4096 /* octets of a table's answer */

static bool fail(struct failure *failure_r, const char *status, const char *text)
{
    *failure_r = (struct failure){.status = status, .text = text, .is_unreachable = true};
    return false;
}

/* A greeting or EHLO that is no: with smtp_skip_5xx_greeting even 5xx only means: not this server,
 * not now. */
static bool refuse_to_talk(struct session *session, struct arena *arena, struct failure *failure_r)
{
    *failure_r = session_refusal(session, arena, "");
    failure_r->text = arena_printf(arena, "host %s refused to talk to me: %s", session->label,
                                   buf_text(&session->reply.text));
    failure_r->is_unreachable = true;
    if (session->settings->skip_5xx_greeting && failure_is_permanent(failure_r))
        failure_r->status = arena_printf(arena, "4%s", failure_r->status + 1);
    return false;
}

static bool is_positive(const struct session *session)
{
    return session->reply.code / 100 == 2;
}

/* --- firewalls ------------------------------------------------------------------------------------ */

/* A PIX with "smtp fixup" hides what the server says: "220 **********2**0**". */
static bool is_behind_pix(const struct session *session)
{
    const char *said = buf_text(&session->reply.text);

    return said[strspn(said, "20 *\t")] == '\0';
}

/* ..._pix_workaround_maps by address, or what counts for all; so it does when they cannot be asked. */
static unsigned workarounds_of(const struct session *session)
{
    const struct settings *settings = session->settings;
    char address[SOCKET_TEXT_MAX];
    struct buf words = BUF(DISCARDED_MAX);
    unsigned found = settings->pix_workarounds;
    struct error err;

    if (settings->pix_workaround_table != NULL && !maps_is_empty(settings->pix_workaround_table) &&
        maps_find(settings->pix_workaround_table,
                  span_text(socket_address_text(&session->address, address)), 0, &words, NULL,
                  &err) == MAP_FOUND)
        found = settings_workarounds(buf_text(&words));
    buf_release(&words);
    return found;
}

/* The pause before the final dot costs time: only messages that failed to pass for long get it. */
static void work_around(struct session *session, const struct session_target *target)
{
    const struct settings *settings = session->settings;
    int64_t age_s = clock_wall().tv_sec - (int64_t)(target->request->arrival_us / 1000000);
    unsigned found = workarounds_of(session);

    if (age_s < settings->pix_threshold_time)
        found &= ~(unsigned)PIX_DELAY_DOTCRLF;
    session->pix_workarounds = found;
    if (found != 0)
        log_info("%s: enabling PIX workarounds:%s%s for %s", target->request->queue_id,
                 (found & PIX_DISABLE_ESMTP) != 0 ? " disable_esmtp" : "",
                 (found & PIX_DELAY_DOTCRLF) != 0 ? " delay_dotcrlf" : "", session->relay);
}

static bool await_greeting(struct session *session, struct arena *arena,
                           const struct session_target *target, struct failure *failure_r)
{
    if (!session_listen(session, arena, session->settings->helo_timeout,
                        "receiving the initial server greeting", failure_r))
        return false;
    if (!is_positive(session))
        return refuse_to_talk(session, arena, failure_r);
    if (is_behind_pix(session))
        work_around(session, target);
    return true;
}

/* --- EHLO ----------------------------------------------------------------------------------------- */

/* ehlo-line = keyword *( SP param ) */
static void note_keyword(struct session *session, struct span line)
{
    static const struct {
        const char *keyword;
        unsigned feature;
    } keywords[] = {
        {"PIPELINING", FEATURE_PIPELINING},
        {"SIZE",       FEATURE_SIZE      },
        {"8BITMIME",   FEATURE_8BITMIME  },
        {"DSN",        FEATURE_DSN       },
        {"STARTTLS",   FEATURE_STARTTLS  },
    };
    struct span keyword = span_take_word(&line);

    for (size_t i = 0; i < ARRAY_LENGTH(keywords); i++) {
        if (span_equal_text_nocase(keyword, keywords[i].keyword))
            session->features |= keywords[i].feature & ~session->discard;
    }
    if (span_equal_text_nocase(keyword, "SIZE") &&
        !span_to_u64(span_trim(line), UINT64_MAX, &session->size_limit))
        session->size_limit = 0;
}

/* The first line has the server's name; a server of our name is ourselves. */
static void note_line(struct session *session, struct span text)
{
    if (session->reply.lines > 1)
        note_keyword(session, text);
    else if (span_equal_text_nocase(span_take_word(&text), session->settings->config->myhostname))
        session->features |= FEATURE_IS_US;
}

/* What ..._discard_ehlo_keyword_address_maps say of this server counts instead of the list for all; so
 * does that list when they cannot be asked, which is logged. */
static unsigned discarded_of(const struct session *session)
{
    const struct settings *settings = session->settings;
    char address[SOCKET_TEXT_MAX];
    struct buf keywords = BUF(DISCARDED_MAX);
    unsigned discarded = settings->discard;
    struct error err;

    if (settings->discards != NULL && !maps_is_empty(settings->discards) &&
        maps_find(settings->discards, span_text(socket_address_text(&session->address, address)),
                  MAP_FOLD_KEY, &keywords, NULL, &err) == MAP_FOUND)
        discarded = settings_features(buf_text(&keywords));
    buf_release(&keywords);
    return discarded;
}

static bool try_hello(struct session *session, struct arena *arena, const char *verb,
                      struct failure *failure_r)
{
    const char *doing = arena_printf(arena, "performing the %s handshake", verb);

    session->features = 0;
    session->discard = discarded_of(session);
    session_say(session, arena_printf(arena, "%s %s", verb, session->settings->helo_name));
    if (!session_listen_lines(session, arena, session->settings->helo_timeout, doing, note_line,
                              failure_r))
        return false;
    if (strcmp(verb, "HELO") != 0 && session->reply.code / 100 == 2)
        settings_log_discarded(session->discard);
    return true;
}

static bool say_hello(struct session *session, struct arena *arena,
                      const struct session_target *target, struct failure *failure_r)
{
    const struct settings *settings = session->settings;
    bool sends_ehlo = settings->send_ehlo && (session->pix_workarounds & PIX_DISABLE_ESMTP) == 0;
    const char *verb = settings->lmtp ? "LHLO" : sends_ehlo ? "EHLO" : "HELO";

    if (!try_hello(session, arena, verb, failure_r))
        return false;
    if (!is_positive(session) && strcmp(verb, "EHLO") == 0 && session->reply.code != 421 &&
        !try_hello(session, arena, "HELO", failure_r))
        return false;
    if (!is_positive(session))
        return refuse_to_talk(session, arena, failure_r);
    if (target->may_be_us && (session->features & FEATURE_IS_US) != 0) {
        log_warning("host %s replied to HELO/EHLO with my own hostname %s", session->label,
                    settings->config->myhostname);
        return fail(failure_r, "5.4.6",
                    arena_printf(arena, "mail for %s loops back to myself", target->domain));
    }
    return true;
}

/* --- TLS ------------------------------------------------------------------------------------------ */

static void log_tls(const struct session *session, struct arena *arena)
{
    const struct tls_session *tls = stream_tls(session->stream);

    if (session->settings->tls_loglevel >= 1)
        log_info("%s TLS connection established to %s: %s",
                 tls_peer_verified(tls) ? "Verified" : "Untrusted", session->relay,
                 tls_describe(arena, tls, false));
}

static bool shake_hands(struct session *session, struct arena *arena,
                        const struct session_target *target, struct failure *failure_r)
{
    enum tls_level level = session->settings->tls_level;
    struct tls_session *tls = tls_session_client(
        target->tls, level == TLS_SECURE ? target->domain : target->host, level >= TLS_VERIFY);
    struct error err = {0};

    stream_timeout(session->stream, clock_ms(session->settings->starttls_timeout));
    if (stream_start_tls(session->stream, tls, &err)) {
        log_tls(session, arena);
        return true;
    }
    session->dead = true;
    log_info("SSL_connect error to %s: %s", session->relay, err.text);
    return fail(failure_r, "4.7.5",
                level >= TLS_VERIFY ? "Server certificate not verified"
                                    : "Cannot start TLS: handshake failure");
}

/* Without TLS, at another connection: only for mail that has waited for some time, so that a short trouble
 * does not show it to everybody. */
static enum hello_result without_tls(const struct session_target *target)
{
    const struct settings *settings = target->settings;
    const struct delivery_request *request = target->request;
    uint64_t waited_us = request->active_us - request->arrival_us;

    if (settings->tls_level >= TLS_ENCRYPT || request->active_us < request->arrival_us ||
        waited_us / 1000000 < (uint64_t)settings->plain_after_s)
        return HELLO_FAILED;
    return HELLO_PLAIN;
}

/* STARTTLS, when it is offered; what was said before it is void: RFC 3207 section 4.2. */
static enum hello_result start_tls(struct session *session, struct arena *arena,
                                   const struct session_target *target, struct failure *failure_r)
{
    const struct settings *settings = session->settings;
    bool demanded = settings->tls_level >= TLS_ENCRYPT;

    if (target->tls == NULL || (session->features & FEATURE_STARTTLS) == 0) {
        if (!demanded)
            return HELLO_DONE;
        (void)fail(failure_r, "4.7.4",
                   target->tls == NULL
                       ? "TLS is required, but our TLS engine is unavailable"
                       : arena_printf(arena, "TLS is required, but was not offered by host %s",
                                      session->label));
        return HELLO_FAILED;
    }
    session_say(session, "STARTTLS");
    if (!session_listen(session, arena, settings->starttls_timeout,
                        "receiving the STARTTLS response", failure_r))
        return without_tls(target);
    if (!is_positive(session)) {
        (void)fail(failure_r, "4.7.4",
                   arena_printf(arena, "TLS is required, but host %s refused to start TLS: %s",
                                session->label, buf_text(&session->reply.text)));
        return demanded ? HELLO_FAILED : HELLO_DONE;
    }
    stream_discard_input(session->stream);
    if (!shake_hands(session, arena, target, failure_r))
        return without_tls(target);
    return say_hello(session, arena, target, failure_r) ? HELLO_DONE : HELLO_FAILED;
}

enum hello_result session_greet(struct session *session, struct arena *arena,
                                const struct session_target *target, bool try_tls,
                                struct failure *failure_r)
{
    const struct settings *settings = session->settings;

    if (settings->tls_wrapper &&
        (target->tls == NULL || !shake_hands(session, arena, target, failure_r))) {
        if (target->tls == NULL)
            (void)fail(failure_r, "4.7.4", "TLS is required, but our TLS engine is unavailable");
        return HELLO_FAILED;
    }
    if (!await_greeting(session, arena, target, failure_r) ||
        !say_hello(session, arena, target, failure_r))
        return HELLO_FAILED;
    if (settings->tls_wrapper || settings->tls_level == TLS_NONE || !try_tls) {
        if (settings->tls_note_offer && (session->features & FEATURE_STARTTLS) != 0)
            log_info("Host offered STARTTLS: [%s]", session->host);
        return HELLO_DONE;
    }
    return start_tls(session, arena, target, failure_r);
}
