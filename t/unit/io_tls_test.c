/*
 * lib/io/tls over socket pairs: handshakes between our own ends, blocking and event-driven, and
 * what is refused. The certificates are made here.
 */
#include "t/unit/unit.h"

#include "lib/io/stream.h"
#include "lib/io/tls.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 60000
#define SERVER_NAME "mail.example.test"

/* --- certificates ---------------------------------------------------------------------------- */

static struct {
    char directory[64];
    char certificate[96], key[96]; /* of mail.example.test, P-256 */
    char other_key[96];            /* RSA, of nobody */
    char together[96];             /* key, then certificate */
    char two_chains[96];           /* RSA key and certificate, then P-256 */
    char garbage[96];
} files;

static void name_file(char path[96], const char *name)
{
    (void)snprintf(path, 96, "%s/%s", files.directory, name);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *alternative =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:" SERVER_NAME);

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)SERVER_NAME, -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_add_ext(certificate, alternative, -1);
    X509_EXTENSION_free(alternative);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static void write_pem(const char *path, const char *mode, EVP_PKEY *key, X509 *certificate)
{
    FILE *file = fopen(path, mode);

    assert_non_null(file);
    if (key != NULL)
        assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    if (certificate != NULL)
        assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
}

static int make_files(void **state UNUSED)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    X509 *certificate = make_certificate(key);
    X509 *rsa_certificate = make_certificate(rsa);
    FILE *garbage;

    (void)snprintf(files.directory, sizeof(files.directory), "/tmp/buzon-tls-test.XXXXXX");
    assert_non_null(mkdtemp(files.directory));
    name_file(files.certificate, "certificate.pem");
    name_file(files.key, "key.pem");
    name_file(files.other_key, "other-key.pem");
    name_file(files.together, "together.pem");
    name_file(files.two_chains, "two-chains.pem");
    name_file(files.garbage, "garbage.pem");
    write_pem(files.certificate, "w", NULL, certificate);
    write_pem(files.key, "w", key, NULL);
    write_pem(files.other_key, "w", rsa, NULL);
    write_pem(files.together, "w", key, certificate);
    write_pem(files.two_chains, "w", rsa, rsa_certificate);
    write_pem(files.two_chains, "a", key, certificate);
    garbage = fopen(files.garbage, "w");
    (void)fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", garbage);
    (void)fclose(garbage);
    X509_free(certificate);
    X509_free(rsa_certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_free(rsa);
    return 0;
}

static int remove_files(void **state UNUSED)
{
    const char *all[] = {files.certificate, files.key,        files.other_key,
                         files.together,    files.two_chains, files.garbage};

    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        (void)unlink(all[i]);
    return rmdir(files.directory);
}

static struct tls_context *server_context(const char *protocols)
{
    struct tls_server_settings settings = {
        .certificate_file = files.certificate, .key_file = files.key, .protocols = protocols};
    struct error err;
    struct tls_context *context = tls_context_server(&settings, &err);

    assert_non_null(context);
    return context;
}

static struct tls_context *client_context(const char *ca_file, const char *protocols)
{
    struct tls_client_settings settings = {.ca_file = ca_file, .protocols = protocols};
    struct error err;
    struct tls_context *context = tls_context_client(&settings, &err);

    assert_non_null(context);
    return context;
}

/* --- settings -------------------------------------------------------------------------------- */

static const struct settings_case {
    const char *name;
    const char *certificate, *key, *chains; /* members of `files`, or a path */
    const char *protocols, *ciphers, *dh;
    const char *refusal; /* in the error's text; NULL: accepted */
} settings_cases[] = {
    {"certificate and key in two files",        files.certificate,    files.key,            "",               "",                               "",             "",        NULL             },
    {"certificate and key in one file",         files.together,       "",                   "",               "",                               "",             "",        NULL             },
    {"chain files take the place of both",      "",                   "",                   files.together,   "",                               "",             "",        NULL             },
    {"a chain file may hold two chains",        "",                   "",                   files.two_chains, "",                               "",             "",        NULL             },
    {"no certificate at all",                   "",                   "",                   "",               "",                               "",             "",        "no certificate" },
    {"a file that is not there is named",       "/nonexistent/c.pem", "",                   "",               "",                               "",             "",
     "/nonexistent/c.pem"                                                                                                                                                                   },
    {"a key that is not there is named",        files.certificate,    "/nonexistent/k.pem", "",               "",                               "",             "",
     "/nonexistent/k.pem"                                                                                                                                                                   },
    {"a certificate without its key",           files.certificate,    files.certificate,    "",               "",                               "",             "",
     "no private key"                                                                                                                                                                       },
    {"a key without its certificate",           files.key,            files.key,            "",               "",                               "",             "",        "no certificate" },
    {"somebody else's key",                     files.certificate,    files.other_key,      "",               "",                               "",             "",        "certificate.pem"},
    {"a certificate that is garbage",           files.garbage,        files.key,            "",               "",                               "",             "",        "garbage.pem"    },
    {"only newer protocols",                    files.together,       "",                   "",               ">=TLSv1.2",                      "",             "",        NULL             },
    {"protocols by exclusion",                  files.together,       "",                   "",               "!SSLv2, !SSLv3 !TLSv1,!TLSv1.1", "",             "",
     NULL                                                                                                                                                                                   },
    {"protocols by name, in any case",          files.together,       "",                   "",               "tlsv1.2 TLSV1.3",                "",             "",        NULL             },
    {"an unknown protocol",                     files.together,       "",                   "",               ">=TLSv2",                        "",             "",        "TLSv2"          },
    {"an operator that does not exist",         files.together,       "",                   "",               ">TLSv1.2",                       "",             "",        ">TLSv1.2"       },
    {"no protocol is left",                     files.together,       "",                   "",               "!TLSv1.2, !TLSv1.3",             "",             "",
     "no TLS protocol"                                                                                                                                                                      },
    {"protocols that OpenSSL no longer speaks", files.together,       "",                   "",               "SSLv2",                          "",             "",
     "no TLS protocol"                                                                                                                                                                      },
    {"a cipher list",                           files.together,       "",                   "",               "",                               "HIGH:!aNULL",  "",        NULL             },
    {"a cipher list without a cipher",          files.together,       "",                   "",               "",                               "NOSUCHCIPHER", "",
     "NOSUCHCIPHER"                                                                                                                                                                         },
    {"built-in DH parameters",                  files.together,       "",                   "",               "",                               "",             "auto",    NULL             },
    {"a file that holds no DH parameters",      files.together,       "",                   "",               "",                               "",             files.key,
     "DH parameters"                                                                                                                                                                        },
};

static void run_settings(void **state)
{
    const struct settings_case *c = *state;
    struct tls_server_settings settings = {
        .certificate_file = c->certificate,
        .key_file = c->key,
        .chain_files = c->chains,
        .protocols = c->protocols,
        .cipher_list = c->ciphers,
        .dh_file = c->dh,
        .prefer_server_ciphers = true,
    };
    struct error err = {0};
    struct tls_context *context = tls_context_server(&settings, &err);

    if (c->refusal == NULL) {
        assert_string_equal(err.text, "");
        assert_non_null(context);
    } else {
        assert_null(context);
        assert_int_equal(err.kind, ERROR_PERMANENT);
        assert_non_null(strstr(err.text, c->refusal));
    }
    tls_context_free(&context);
}

/* --- a server in a thread -------------------------------------------------------------------- */

/* Answers each line with the same line behind "got ", after the handshake. */
struct server {
    pthread_t thread;
    struct stream *stream;
    struct tls_context *context;
    bool handshake_done;
    unsigned char binding[32];
};

static void *serve(void *argument)
{
    struct server *server = argument;
    struct stream *stream = server->stream;
    struct span line;
    struct error err;

    server->handshake_done = stream_start_tls(stream, tls_session_server(server->context), &err);
    if (server->handshake_done)
        (void)!tls_channel_binding(stream_tls(stream), server->binding);
    while (server->handshake_done && stream_read_line(stream, 100000, &line, NULL) == STREAM_OK) {
        stream_write_text(stream, "got ");
        stream_write(stream, line);
        stream_write_text(stream, "\r\n");
        if (stream_flush(stream) != STREAM_OK)
            break;
    }
    stream_end_tls(stream);
    stream_free(&server->stream);
    return NULL;
}

/* The client's end is plain still. */
static struct stream *start_server(struct server *server, const char *protocols)
{
    int ends[2];
    struct stream *client;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    client = stream_create(ends[0]);
    stream_timeout(client, PATIENCE_MS);
    *server = (struct server){.context = server_context(protocols)};
    server->stream = stream_create(ends[1]);
    stream_timeout(server->stream, PATIENCE_MS);
    return client;
}

static void launch(struct server *server)
{
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void finish_server(struct server *server, struct stream **client)
{
    stream_end_tls(*client);
    stream_free(client);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    tls_context_free(&server->context);
}

static bool handshake(struct stream *client, struct tls_context *context, const char *name,
                      bool verify, struct error *err)
{
    bool done = stream_start_tls(client, tls_session_client(context, name, verify), err);

    tls_context_free(&context);
    return done;
}

static void assert_echo(struct stream *client, struct span text)
{
    struct span line;

    stream_write(client, text);
    stream_write_text(client, "\r\n");
    assert_int_equal(stream_flush(client), STREAM_OK);
    assert_int_equal(stream_read_line(client, 100010, &line, NULL), STREAM_OK);
    assert_true(span_starts_with(line, "got "));
    assert_true(span_equal(span_skip(line, 4), text));
}

static void lines_pass_through_tls(void **state UNUSED)
{
    char *big = malloc(90000);
    struct server server;
    struct stream *client = start_server(&server, "");
    struct arena *arena = arena_create();
    struct error err = {0};
    struct span rest;

    memset(big, 'x', 90000);
    launch(&server);
    assert_true(handshake(client, client_context("", ""), SERVER_NAME, false, &err));
    assert_string_equal(tls_describe(arena, stream_tls(client), false),
                        "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange "
                        "X25519 server-signature ECDSA (prime256v1) server-digest SHA256");
    assert_string_equal(tls_protocol(stream_tls(client)), "TLSv1.3");
    assert_false(tls_peer_verified(stream_tls(client)));
    assert_echo(client, SPAN_LITERAL("hello"));
    assert_echo(client, span_of(big, 90000));
    assert_false(stream_has_input(client));
    assert_int_equal(stream_octets_out(client), 5 + 2 + 90000 + 2);
    stream_end_tls(client);
    assert_int_equal(stream_fill(client, &rest), STREAM_EOF);
    arena_free(&arena);
    free(big);
    finish_server(&server, &client);
    assert_true(server.handshake_done);
}

static void older_protocol_is_described(void **state UNUSED)
{
    struct server server;
    struct stream *client = start_server(&server, "<=TLSv1.2");
    struct arena *arena = arena_create();
    struct error err;
    int algorithm_bits;

    launch(&server);
    assert_true(handshake(client, client_context("", ""), SERVER_NAME, false, &err));
    assert_string_equal(tls_describe(arena, stream_tls(client), false),
                        "TLSv1.2 with cipher ECDHE-ECDSA-AES256-GCM-SHA384 (256/256 bits)");
    assert_int_equal(tls_cipher_bits(stream_tls(client), &algorithm_bits), 256);
    arena_free(&arena);
    finish_server(&server, &client);
}

static void protocols_without_overlap(void **state UNUSED)
{
    struct server server;
    struct stream *client = start_server(&server, ">=TLSv1.3");
    struct error err;

    launch(&server);
    assert_false(handshake(client, client_context("", "TLSv1.2"), SERVER_NAME, false, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_null(stream_tls(client));
    finish_server(&server, &client);
    assert_false(server.handshake_done);
}

static const struct trust_case {
    const char *name;
    const char *ca, *server_name;
    bool verify, accepted, verified;
    const char *reason;
} trust_cases[] = {
    {"a known certificate of that name is verified", files.certificate, SERVER_NAME,  true,  true,
     true,                                                                                                 ""           },
    {"it is known for verified unasked too",         files.certificate, SERVER_NAME,  false, true,  true,  ""           },
    {"another name is not",                          files.certificate, "other.test", false, true,  false, ""           },
    {"and refused where it must match",              files.certificate, "other.test", true,  false, false,
     "ostname mismatch"                                                                                                 },
    {"an address is no name of it",                  files.certificate, "192.0.2.1",  true,  false, false,
     "IP address mismatch"                                                                                              },
    {"an unknown certificate is refused",            "",                SERVER_NAME,  true,  false, false, "self-signed"},
};

static void run_trust(void **state)
{
    const struct trust_case *c = *state;
    struct server server;
    struct stream *client = start_server(&server, "");
    struct error err = {0};

    launch(&server);
    assert_int_equal(handshake(client, client_context(c->ca, ""), c->server_name, c->verify, &err),
                     c->accepted);
    if (c->accepted)
        assert_int_equal(tls_peer_verified(stream_tls(client)), c->verified);
    else
        assert_non_null(strstr(err.text, c->reason));
    finish_server(&server, &client);
}

static void both_ends_bind_the_channel_alike(void **state UNUSED)
{
    struct server server;
    struct stream *client = start_server(&server, "");
    unsigned char binding[32];
    struct error err;

    launch(&server);
    assert_true(handshake(client, client_context("", ""), SERVER_NAME, false, &err));
    assert_true(tls_channel_binding(stream_tls(client), binding));
    assert_echo(client, SPAN_LITERAL("wait for the server"));
    finish_server(&server, &client);
    assert_memory_equal(binding, server.binding, sizeof(binding));
}

static void files_pass_through_tls(void **state UNUSED)
{
    enum { LEN = 100000 };
    struct server server;
    struct stream *client = start_server(&server, "");
    char *text = malloc(LEN);
    int file = memfd_create("content", MFD_CLOEXEC);
    struct error err;
    struct span line;

    memset(text, 'y', LEN);
    assert_int_equal(pwrite(file, text, LEN, 0), LEN);
    launch(&server);
    assert_true(handshake(client, client_context("", ""), SERVER_NAME, false, &err));
    assert_int_equal(stream_write_file(client, file, 0, LEN), STREAM_OK);
    stream_write_text(client, "\r\n");
    assert_int_equal(stream_flush(client), STREAM_OK);
    assert_int_equal(stream_read_line(client, LEN + 4, &line, NULL), STREAM_OK);
    assert_true(span_equal(span_skip(line, 4), span_of(text, LEN)));
    free(text);
    (void)close(file);
    finish_server(&server, &client);
}

/* What was sent before the handshake was said by whoever is in the middle: CVE-2011-0411. */
static void plaintext_before_the_handshake_is_forgotten(void **state UNUSED)
{
    struct server server;
    struct stream *client = start_server(&server, "");
    struct error err;
    struct span shown;

    stream_write_text(client, "STARTTLS\r\nRCPT TO:<injected@test>\r\n");
    assert_int_equal(stream_flush(client), STREAM_OK);
    assert_int_equal(stream_read_line(server.stream, 100, &shown, NULL), STREAM_OK);
    assert_true(stream_has_input(server.stream));
    launch(&server);
    assert_true(handshake(client, client_context("", ""), SERVER_NAME, false, &err));
    assert_echo(client, SPAN_LITERAL("honest"));
    finish_server(&server, &client);
}

/* --- time ------------------------------------------------------------------------------------ */

static void silent_peer_ends_the_handshake(void **state UNUSED)
{
    int ends[2];
    struct stream *stream;
    struct tls_context *context = server_context("");
    struct error err;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    stream = stream_create(ends[0]);
    stream_timeout(stream, 40);
    assert_false(stream_start_tls(stream, tls_session_server(context), &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_non_null(strstr(err.text, "timed out"));
    stream_free(&stream);
    (void)close(ends[1]);
    tls_context_free(&context);
}

static void timeout_leaves_the_session_good(void **state UNUSED)
{
    struct server server;
    struct stream *client = start_server(&server, "");
    struct error err;
    struct span line;

    launch(&server);
    assert_true(handshake(client, client_context("", ""), SERVER_NAME, false, &err));
    stream_timeout(client, 30);
    assert_int_equal(stream_read_line(client, 100, &line, NULL), STREAM_TIMEOUT);
    stream_timeout(client, PATIENCE_MS);
    assert_echo(client, SPAN_LITERAL("421 but we still talk"));
    finish_server(&server, &client);
}

/* --- event-driven ---------------------------------------------------------------------------- */

/* Both ends in one thread, over sockets that never block. */
struct ends {
    int fds[2];
    struct tls_context *contexts[2];
    struct tls_session *server, *client;
};

static void open_ends(struct ends *ends)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends->fds),
                     0);
    ends->contexts[0] = server_context("");
    ends->contexts[1] = client_context("", "");
    ends->server = tls_session_server(ends->contexts[0]);
    ends->client = tls_session_client(ends->contexts[1], SERVER_NAME, false);
    tls_attach(ends->server, ends->fds[0]);
    tls_attach(ends->client, ends->fds[1]);
}

static void close_ends(struct ends *ends)
{
    tls_session_free(&ends->server);
    tls_session_free(&ends->client);
    for (size_t i = 0; i < 2; i++) {
        tls_context_free(&ends->contexts[i]);
        (void)close(ends->fds[i]);
    }
}

static void shake_hands(struct ends *ends)
{
    enum tls_progress server = TLS_WANT_READ;
    enum tls_progress client = TLS_WANT_READ;

    for (int turn = 0; turn < 20 && (server != TLS_DONE || client != TLS_DONE); turn++) {
        client = tls_handshake(ends->client);
        server = tls_handshake(ends->server);
    }
    assert_int_equal(client, TLS_DONE);
    assert_int_equal(server, TLS_DONE);
}

static void sessions_never_block(void **state UNUSED)
{
    struct ends ends;
    char data[100];
    size_t len;

    open_ends(&ends);
    assert_int_equal(tls_handshake(ends.server), TLS_WANT_READ);
    shake_hands(&ends);
    assert_int_equal(tls_read(ends.client, data, sizeof(data), &len), TLS_WANT_READ);
    assert_int_equal(tls_write(ends.server, "220 hello", 9, &len), TLS_DONE);
    assert_int_equal(len, 9);
    assert_int_equal(tls_read(ends.client, data, sizeof(data), &len), TLS_DONE);
    assert_true(span_equal_text(span_of(data, len), "220 hello"));
    assert_int_equal(tls_read(ends.client, data, sizeof(data), &len), TLS_WANT_READ);
    assert_int_equal(tls_shutdown(ends.server), TLS_DONE);
    assert_int_equal(tls_read(ends.client, data, sizeof(data), &len), TLS_CLOSED);
    close_ends(&ends);
}

static void full_socket_wants_write(void **state UNUSED)
{
    char *octets = calloc(1, 100000);
    struct ends ends;
    enum tls_progress progress;
    size_t sent = 0;
    size_t got = 0;
    size_t len;

    open_ends(&ends);
    shake_hands(&ends);
    while ((progress = tls_write(ends.server, octets, 100000, &len)) == TLS_DONE)
        sent += len;
    assert_int_equal(progress, TLS_WANT_WRITE);
    while (tls_read(ends.client, octets, 100000, &len) == TLS_DONE)
        got += len;
    assert_int_equal(got, sent);
    assert_int_equal(tls_write(ends.server, octets, 100000, &len), TLS_DONE);
    free(octets);
    close_ends(&ends);
}

static void input_that_waits_is_seen(void **state UNUSED)
{
    struct ends ends;
    char data[100];
    size_t len;

    open_ends(&ends);
    shake_hands(&ends);
    assert_int_equal(tls_read(ends.client, data, sizeof(data), &len), TLS_WANT_READ);
    assert_false(tls_has_input(ends.client));
    assert_int_equal(tls_write(ends.server, "first", 5, &len), TLS_DONE);
    assert_int_equal(tls_write(ends.server, "second", 6, &len), TLS_DONE);
    assert_false(tls_has_input(ends.client)); /* in the socket, not here */
    assert_int_equal(tls_read(ends.client, data, 2, &len), TLS_DONE);
    assert_true(tls_has_input(ends.client));
    assert_int_equal(tls_read(ends.client, data, sizeof(data), &len), TLS_DONE);
    assert_true(span_equal_text(span_of(data, len), "rst"));
    assert_true(tls_has_input(ends.client)); /* the second record was read ahead */
    assert_int_equal(tls_read(ends.client, data, sizeof(data), &len), TLS_DONE);
    assert_true(span_equal_text(span_of(data, len), "second"));
    assert_false(tls_has_input(ends.client));
    close_ends(&ends);
}

static ssize_t count_reads(void *context, void *data UNUSED, size_t size UNUSED)
{
    (*(int *)context)++;
    errno = EAGAIN;
    return -1;
}

/* Half a record is no input: whoever believed so would wait in a read, not in its event loop. */
static void half_a_record_is_no_input(void **state UNUSED)
{
    int reads = 0;
    struct tls_transport counting = {.read = count_reads, .context = &reads};
    struct ends ends;
    int relay[2];
    char data[1000];
    size_t len;
    ssize_t got;

    open_ends(&ends);
    shake_hands(&ends);
    assert_int_equal(tls_read(ends.client, data, sizeof(data), &len), TLS_WANT_READ);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, relay), 0);
    assert_int_equal(tls_write(ends.server, "whole", 5, &len), TLS_DONE);
    assert_int_equal(tls_write(ends.server, "torn", 4, &len), TLS_DONE);
    got = recv(ends.fds[1], data, sizeof(data), 0);
    assert_true(got > 10);
    assert_int_equal(write(relay[0], data, (size_t)got - 1), got - 1);
    tls_attach(ends.client, relay[1]);
    assert_int_equal(tls_read(ends.client, data, 5, &len), TLS_DONE);
    assert_true(span_equal_text(span_of(data, len), "whole"));
    tls_attach_transport(ends.client, &counting);
    assert_false(tls_has_input(ends.client));
    assert_int_equal(reads, 0); /* on a stream, such a read would wait */
    (void)close(relay[0]);
    (void)close(relay[1]);
    close_ends(&ends);
}

static void garbage_fails_with_a_reason(void **state UNUSED)
{
    struct ends ends;

    open_ends(&ends);
    assert_int_equal(write(ends.fds[1], "EHLO client.test\r\n", 18), 18);
    assert_int_equal(tls_handshake(ends.server), TLS_FAILED);
    assert_string_not_equal(tls_failure(ends.server), "");
    close_ends(&ends);
}

static void vanished_peer_is_no_signal(void **state UNUSED)
{
    struct ends ends;
    size_t len;

    open_ends(&ends);
    shake_hands(&ends);
    (void)close(ends.fds[1]);
    assert_int_equal(tls_write(ends.server, "x", 1, &len), TLS_FAILED); /* and no SIGPIPE */
    assert_string_equal(tls_failure(ends.server), "Broken pipe");
    ends.fds[1] = -1;
    close_ends(&ends);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(settings_cases) + ARRAY_LENGTH(trust_cases) + 15] = {
        cmocka_unit_test(lines_pass_through_tls),
        cmocka_unit_test(older_protocol_is_described),
        cmocka_unit_test(protocols_without_overlap),
        cmocka_unit_test(both_ends_bind_the_channel_alike),
        cmocka_unit_test(files_pass_through_tls),
        cmocka_unit_test(plaintext_before_the_handshake_is_forgotten),
        cmocka_unit_test(silent_peer_ends_the_handshake),
        cmocka_unit_test(timeout_leaves_the_session_good),
        cmocka_unit_test(sessions_never_block),
        cmocka_unit_test(full_socket_wants_write),
        cmocka_unit_test(input_that_waits_is_seen),
        cmocka_unit_test(half_a_record_is_no_input),
        cmocka_unit_test(garbage_fails_with_a_reason),
        cmocka_unit_test(vanished_peer_is_no_signal),
    };
    size_t used = 14;

    (void)signal(SIGPIPE, SIG_DFL);
    UNIT_ADD_ROWS(tests, used, settings_cases, run_settings);
    UNIT_ADD_ROWS(tests, used, trust_cases, run_trust);
    return _cmocka_run_group_tests("io_tls", tests, used, make_files, remove_files);
}
