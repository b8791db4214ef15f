/* imapd: what takes too long ends, and the client hears of it meanwhile. */
#include "t/unit/unit.h"

#include "imapd/progress.h"

/* What a session would do with the response; the test looks at it. */
void imapd_flush(struct imapd_session *session UNUSED)
{
}

void imapd_input_failed(struct imapd_session *session, enum stream_status status UNUSED)
{
    session->ended = true;
}

void imapd_bye(struct imapd_session *session, const char *reason UNUSED)
{
    session->ended = true;
}

/* Steps until one fails, at most so many. */
static unsigned run(struct progress *progress, unsigned limit, struct error *err)
{
    unsigned steps = 0;

    while (steps < limit && progress_step(progress, err))
        steps++;
    return steps;
}

static void the_time_for_one_command_is_bounded(void **state UNUSED)
{
    static const struct config config = {.imap_progress_interval = 3600,
                                         .imap_search_time_limit = 300};
    struct imapd_session session = {.config = &config};
    struct progress progress;
    struct error err = {0};

    progress_begin(&progress, &session, NULL, 1000);
    assert_int_equal(run(&progress, 1000, &err), 1000);
    progress.ends_ms = 0; /* as if it had gone on for long */
    assert_true(run(&progress, 1000, &err) < 100);
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_memory_equal(err.text, "[LIMIT] ", 8);
    assert_false(session.ended);
    assert_int_equal(session.response.len, 0);
}

static void no_limit_is_none(void **state UNUSED)
{
    static const struct config config = {.imap_progress_interval = 3600};
    struct imapd_session session = {.config = &config};
    struct progress progress;
    struct error err = {0};

    progress_begin(&progress, &session, NULL, 1);
    assert_int_equal(progress.ends_ms, INT64_MAX);
    assert_int_equal(run(&progress, 1000, &err), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_for_one_command_is_bounded),
        cmocka_unit_test(no_limit_is_none),
    };

    return unit_run("imapd_progress", tests, ARRAY_LENGTH(tests));
}
