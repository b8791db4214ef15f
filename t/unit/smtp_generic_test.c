/*
 * What smtp_generic_maps make of a message. Each case is a request with its content in a file, under
 * a configuration of its own; what a server would get of it is compared octet for octet.
 */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "smtp/generic.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define BEFORE 7 /* octets of the queue file before its content */

static char directory[] = "/tmp/smtp_generic_test.XXXXXX";

static const char common[] = "myhostname=mail.here.test\nmydomain=here.test\nmyorigin=here.test\n"
                             "mydestination=local.test\ninet_interfaces=127.0.0.1\n"
                             "recipient_delimiter=+\nalias_maps=\nlocal_recipient_maps=\n"
                             "compatibility_level=3.6\n";

static struct config *configure(const char *settings)
{
    struct strlist overrides = STRLIST_EMPTY;
    struct error err = {0};
    struct config *config;

    strlist_split(&overrides, common, "\n");
    strlist_split(&overrides, settings, "\n");
    config = config_read(directory, &overrides, NULL, &err);
    if (config == NULL)
        fail_msg("%s", err.text);
    strlist_release(&overrides);
    return config;
}

static int queue_file(struct span content)
{
    int fd = memfd_create("queue file", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(lseek(fd, BEFORE, SEEK_SET), BEFORE);
    assert_true(write_all(fd, content));
    return fd;
}

/* One message, and all that is made for it. */
struct fixture {
    struct config *config;
    struct generic *generic;
    struct delivery_recipient recipient;
    struct delivery_request request;
    struct outgoing outgoing;
    struct failure failure;
    bool mapped;
};

static void start(struct fixture *fixture, const char *settings, const char *address,
                  struct span content)
{
    fixture->config = configure(settings);
    fixture->generic = generic_create(fixture->config, false);
    fixture->recipient = (struct delivery_recipient){.address = address, .original = address};
    fixture->request = (struct delivery_request){
        .arena = arena_create(),
        .queue_id = "QID",
        .sender = address,
        .content_offset = BEFORE,
        .content_size = content.len,
        .queue_file = queue_file(content),
        .recipients = &fixture->recipient,
        .recipient_count = 1,
    };
    fixture->outgoing = (struct outgoing){.request = fixture->request};
    fixture->mapped =
        generic_map(fixture->generic, &fixture->request, &fixture->outgoing, &fixture->failure);
}

static void stop(struct fixture *fixture)
{
    arena_free(&fixture->request.arena);
    fd_close(&fixture->request.queue_file);
    generic_free(&fixture->generic);
    config_free(&fixture->config);
}

/* --- envelope ------------------------------------------------------------------------------------- */

static const struct envelope_case {
    const char *name;
    const char *address;
    const char *mapped; /* NULL: the message waits */
    const char *settings;
} envelopes[] = {
    {"no table",                           "a@b.test",     "a@b.test",    ""                                                },
    {"an address that no table has",       "a@b.test",     "a@b.test",
     "smtp_generic_maps=inline:{x@b.test=no}"                                                                               },
    {"user@domain",                        "a@b.test",     "c@d.test",
     "smtp_generic_maps=inline:{a@b.test=c@d.test, @b.test=no}"                                                             },
    {"in whatever case",                   "A@B.Test",     "c@d.test",    "smtp_generic_maps=inline:{a@b.test=c@d.test}"    },
    {"once, although the result is a key", "a@b.test",     "c@d.test",
     "smtp_generic_maps=inline:{a@b.test=c@d.test, c@d.test=no}"                                                            },
    {"user of myorigin",                   "a@here.test",  "c@d.test",    "smtp_generic_maps=inline:{a=c@d.test}"           },
    {"user of mydestination",              "a@local.test", "c@d.test",    "smtp_generic_maps=inline:{a=c@d.test}"           },
    {"but not of other domains",           "a@b.test",     "a@b.test",    "smtp_generic_maps=inline:{a=c@d.test}"           },
    {"@domain",                            "a@b.test",     "c@d.test",    "smtp_generic_maps=inline:{@b.test=c@d.test}"     },
    {"@domain to @otherdomain",            "a@b.test",     "a@d.test",
     "smtp_generic_maps=inline:{@b.test=@d.test}"                                                                           },
    {"with the extension",                 "a+x@b.test",   "a+x@d.test",
     "smtp_generic_maps=inline:{@b.test=@d.test}"                                                                           },
    {"not for a subdomain",                "a@s.b.test",   "a@s.b.test",
     "smtp_generic_maps=inline:{@b.test=@d.test}"                                                                           },
    {"user before @domain",                "a@local.test", "c@d.test",
     "smtp_generic_maps=inline:{a=c@d.test, @local.test=no}"                                                                },
    {"a result without a domain",          "a@b.test",     "c@here.test",
     "smtp_generic_maps=inline:{a@b.test=c}"                                                                                },
    {"an extension is dropped",            "a+x@b.test",   "c@d.test",
     "smtp_generic_maps=inline:{a@b.test=c@d.test}"                                                                         },
    {"or goes along",                      "a+x@b.test",   "c+x@d.test",
     "smtp_generic_maps=inline:{a@b.test=c@d.test}\npropagate_unmatched_extensions=generic"                                 },
    {"unless the table names it",          "a+x@b.test",   "c@d.test",
     "smtp_generic_maps=inline:{a+x@b.test=c@d.test}\npropagate_unmatched_extensions=generic"                               },
    {"what needs quotes",                  "a b@b.test",   "a b@d.test",  "smtp_generic_maps=inline:{@b.test=@d.test}"      },
    {"a pattern",                          "a@s.b.test",   "c@d.test",    "smtp_generic_maps=inline:{x=no}, static:c@d.test"},
    {"several results: the first",         "a@b.test",     "c@d.test",
     "smtp_generic_maps=inline:{{a@b.test=c@d.test, e@f.test}}"                                                             },
    {"the null sender",                    "",             "",            "smtp_generic_maps=static:c@d.test"               },
    {"a broken table",                     "a@b.test",     NULL,          "smtp_generic_maps=fail:x"                        },
    {"a result with a control character",  "a@b.test",     NULL,
     "smtp_generic_maps=inline:{{a@b.test=\"c\001\"@d.test}}"                                                               },
    {"lmtp_generic_maps are not for SMTP", "a@b.test",     "a@b.test",
     "lmtp_generic_maps=static:c@d.test"                                                                                    },
};

static void run_envelope(void **state)
{
    const struct envelope_case *c = *state;
    struct fixture fixture = {0};

    start(&fixture, c->settings, c->address, SPAN_LITERAL("Subject: x\n\nbody\n"));
    assert_int_equal(fixture.mapped, c->mapped != NULL);
    if (c->mapped != NULL) {
        assert_string_equal(fixture.outgoing.request.sender, c->mapped);
        assert_string_equal(fixture.outgoing.request.recipients[0].address, c->mapped);
        assert_string_equal(fixture.outgoing.request.recipients[0].original, c->address);
        assert_string_equal(fixture.request.recipients[0].address, c->address);
        assert_int_equal(fixture.outgoing.replaced, 0);
        assert_int_equal(fixture.outgoing.header.len, 0);
    } else {
        assert_string_equal(fixture.failure.status, "4.3.0");
        assert_string_equal(fixture.failure.text, "smtp_generic_maps: temporary lookup failure");
    }
    stop(&fixture);
}

/* --- header --------------------------------------------------------------------------------------- */

#define MAPS                                                                                       \
    "smtp_generic_maps=inline:{@in.test=@out.test, {q@in2.test=\"x y\"@out.test}, u8=\xc3\xa9@out.test}"

static const struct header_case {
    const char *name;
    const char *content;
    const char *sent;
    uint64_t flags;
    bool changed;
} headers[] = {
    {"nothing to change",                  "From: a@b.test\n\nTo: a@in.test\n",                          "From: a@b.test\n\nTo: a@in.test\n",
     0,                                                                                                                                                                            false},
    {"an address",                         "From: a@in.test\n\nx\n",                                     "From: a@out.test\n\nx\n",                                             0, true },
    {"several, and the field is laid out anew",
     "Subject: s\nTo:  \"A, B\" <a@in.test> (c),\n\tb@b.test,\n  g: <c@in.test>;\nX: a@in.test\n\nx\n",
     "Subject: s\nTo: \"A, B\" <a@out.test>(c), b@b.test, g: <c@out.test>;\nX: a@in.test\n\nx\n",
     0,                                                                                                                                                                            true },
    {"all kinds of fields",
     "Reply-To: a@in.test\nSender: a@in.test\nCc: a@in.test\nBcc: a@in.test\nErrors-To: a@in.test\n"
     "Return-Receipt-To: a@in.test\nResent-From: a@in.test\nResent-To: a@in.test\n\n",                   "Reply-To: a@out.test\nSender: a@out.test\nCc: a@out.test\nBcc: a@out.test\nErrors-To: a@out.test\n"
     "Return-Receipt-To: a@out.test\nResent-From: a@out.test\nResent-To: a@out.test\n\n", 0, true },
    {"a part's header stays",
     "From: a@in.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\nFrom: a@in.test\n\nx\n--b--\n",
     "From: a@out.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\nFrom: a@in.test\n\nx\n--b--\n",
     0,                                                                                                                                                                            true },
    {"quotes where they are needed",       "To: <q@in2.test>\n\n",                                       "To: <\"x y\"@out.test>\n\n",                                          0, true },
    {"a header without a body",            "To: a@in.test\n",                                            "To: a@out.test\n",                                                    0, true },
    {"without the end of its line",        "To: a@in.test",                                              "To: a@out.test",                                                      0, true },
    {"a body behind no empty line",        "To: a@in.test\nno field\nTo: a@in.test\n",
     "To: a@out.test\nno field\nTo: a@in.test\n",                                                                                                                               0, true },
    {"an empty message",                   "",                                                           "",                                                                    0, false},
    {"the new address has 8 bits",         "To: u8@here.test\n\n",                                       "To: \xc3\xa9@out.test\n\n",
     QUEUE_EIGHT_BIT,                                                                                                                                                              true },
};

/* What content.c sends: the header, and the rest of the file. */
static void assert_sent(const struct fixture *fixture, struct span content, struct span sent)
{
    const struct outgoing *outgoing = &fixture->outgoing;
    struct span rest = span_skip(content, (size_t)outgoing->replaced);

    assert_int_equal(outgoing->header.len + rest.len, sent.len);
    assert_int_equal(outgoing->request.content_size, sent.len);
    if (outgoing->header.len > 0)
        assert_memory_equal(sent.data, outgoing->header.data, outgoing->header.len);
    if (rest.len > 0)
        assert_memory_equal(sent.data + outgoing->header.len, rest.data, rest.len);
}

static void run_header(void **state)
{
    const struct header_case *c = *state;
    struct fixture fixture = {0};

    start(&fixture, MAPS, "a@b.test", span_text(c->content));
    assert_true(fixture.mapped);
    assert_int_equal(fixture.outgoing.header.len > 0, c->changed);
    assert_int_equal(fixture.outgoing.request.flags, c->flags);
    assert_sent(&fixture, span_text(c->content), span_text(c->sent));
    stop(&fixture);
}

/* `count` fields, each with one address of ours, and one with as many in lines of `line` octets; then a body. */
static void put_long_header(struct buf *out, const char *domain, unsigned count, size_t line)
{
    size_t len = strlen("Cc: z@z.test,");

    for (unsigned i = 0; i < count; i++)
        buf_put_printf(out, "To: user%u@%s\n", i, domain);
    buf_put_text(out, "Cc: z@z.test");
    for (unsigned i = 0; i < count; i++) {
        char *address = mem_printf("user%u@%s", i, domain);
        size_t element = strlen(address) + (i + 1 < count); /* with its comma */
        bool fits = len + 1 + element < line;

        len = fits ? len + 1 + element : element;
        buf_put_printf(out, fits ? ", %s" : ",\n\t%s", address);
        mem_free(address);
    }
    buf_put_text(out, "\n\nbody\n");
}

static void long_header(void **state UNUSED)
{
    struct buf content = BUF(BUF_UNLIMITED);
    struct buf sent = BUF(BUF_UNLIMITED);
    struct fixture fixture = {0};

    put_long_header(&content, "in.test", 9000, 0);
    put_long_header(&sent, "out.test", 9000, 70);
    start(&fixture, MAPS, "a@in.test", buf_span(&content));
    assert_true(fixture.mapped);
    assert_sent(&fixture, buf_span(&content), buf_span(&sent));
    stop(&fixture);
    buf_release(&content);
    buf_release(&sent);
}

static void broken_in_header(void **state UNUSED)
{
    struct fixture fixture = {0};

    start(&fixture, "smtp_generic_maps=inline:{a@b.test=c@d.test}, fail:x", "a@b.test",
          SPAN_LITERAL("From: a@b.test\nTo: x@b.test\n\n"));
    assert_false(fixture.mapped);
    assert_string_equal(fixture.failure.status, "4.3.0");
    stop(&fixture);
}

static void short_file(void **state UNUSED)
{
    struct fixture fixture = {0};

    start(&fixture, MAPS, "a@b.test", SPAN_LITERAL("From: a@in.test\n\n"));
    fixture.request.content_size++;
    fixture.outgoing = (struct outgoing){.request = fixture.request};
    assert_false(
        generic_map(fixture.generic, &fixture.request, &fixture.outgoing, &fixture.failure));
    assert_string_equal(fixture.failure.text, "queue file read error: it is too short");
    stop(&fixture);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(envelopes) + ARRAY_LENGTH(headers) + 3] = {
        cmocka_unit_test(long_header),
        cmocka_unit_test(broken_in_header),
        cmocka_unit_test(short_file),
    };
    size_t used = 3;
    char *path;
    FILE *file;
    int status;

    assert_non_null(mkdtemp(directory));
    path = mem_printf("%s/main.cf", directory);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    UNIT_ADD_ROWS(tests, used, envelopes, run_envelope);
    UNIT_ADD_ROWS(tests, used, headers, run_header);
    status = unit_run("smtp generic maps", tests, used);
    (void)unlink(path);
    (void)rmdir(directory);
    mem_free(path);
    return status;
}
