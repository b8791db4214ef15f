/* What a session agreed on, for logs, Received: headers and SASL. */
#include "lib/io/tls_internal.h"

#include "lib/base/buf.h"

#include <openssl/objects.h>

#define DESCRIPTION_MAX     512
#define CURVE_NAME_MAX      64
#define EXPORTER_LABEL      "EXPORTER-Channel-Binding" /* RFC 9266 */
#define CHANNEL_BINDING_LEN 32

/* The curve as OpenSSL names it ("prime256v1"): so does Postfix since OpenSSL 3. */
static const char *name_curve(const EVP_PKEY *key, char name[CURVE_NAME_MAX])
{
    size_t len;

    return EVP_PKEY_get_group_name(key, name, CURVE_NAME_MAX, &len) == 1 ? name : "unknown";
}

static void describe_exchange(struct buf *text, SSL *ssl)
{
    char curve[CURVE_NAME_MAX];
    EVP_PKEY *key = NULL;

    if (SSL_get_peer_tmp_key(ssl, &key) != 1)
        return;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_DH:
        buf_put_printf(text, " key-exchange DHE (%d bits)", EVP_PKEY_get_bits(key));
        break;
    case EVP_PKEY_EC:
        buf_put_printf(text, " key-exchange ECDHE (%s)", name_curve(key, curve));
        break;
    default:
        buf_put_printf(text, " key-exchange %s", OBJ_nid2sn(EVP_PKEY_get_base_id(key)));
        break;
    }
    EVP_PKEY_free(key);
}

/* `side` signed the handshake with the key of this certificate. */
static void describe_signature(struct buf *text, const char *side, const X509 *certificate,
                               int digest)
{
    const EVP_PKEY *key = certificate == NULL ? NULL : X509_get0_pubkey(certificate);
    char curve[CURVE_NAME_MAX];

    if (key == NULL)
        return;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS: /* TLS 1.3 signs with RSA in no other way */
        buf_put_printf(text, " %s-signature RSA-PSS (%d bits)", side, EVP_PKEY_get_bits(key));
        break;
    case EVP_PKEY_EC:
        buf_put_printf(text, " %s-signature ECDSA (%s)", side, name_curve(key, curve));
        break;
    default:
        buf_put_printf(text, " %s-signature %s", side, OBJ_nid2sn(EVP_PKEY_get_base_id(key)));
        break;
    }
    if (digest != NID_undef)
        buf_put_printf(text, " %s-digest %s", side, OBJ_nid2sn(digest));
}

const char *tls_describe(struct arena *arena, const struct tls_session *session, bool server)
{
    SSL *ssl = session->ssl;
    struct buf text = BUF(DESCRIPTION_MAX);
    const char *result;
    int algorithm_bits;
    int bits = tls_cipher_bits(session, &algorithm_bits);
    int digest = NID_undef;

    buf_put_printf(&text, "%s with cipher %s (%d/%d bits)", tls_protocol(session),
                   tls_cipher(session), bits, algorithm_bits);
    if (SSL_version(ssl) >= TLS1_3_VERSION) { /* older ciphers' names say the rest */
        describe_exchange(&text, ssl);
        (void)(server ? SSL_get_signature_nid(ssl, &digest)
                      : SSL_get_peer_signature_nid(ssl, &digest));
        describe_signature(&text, "server",
                           server ? SSL_get_certificate(ssl) : SSL_get0_peer_certificate(ssl),
                           digest);
    }
    result = arena_text(arena, buf_span(&text));
    buf_release(&text);
    return result;
}

const char *tls_protocol(const struct tls_session *session)
{
    return SSL_get_version(session->ssl);
}

const char *tls_cipher(const struct tls_session *session)
{
    return SSL_CIPHER_get_name(SSL_get_current_cipher(session->ssl));
}

int tls_cipher_bits(const struct tls_session *session, int *algorithm_bits_r)
{
    return SSL_CIPHER_get_bits(SSL_get_current_cipher(session->ssl), algorithm_bits_r);
}

bool tls_peer_verified(const struct tls_session *session)
{
    return SSL_get0_peer_certificate(session->ssl) != NULL &&
           SSL_get_verify_result(session->ssl) == X509_V_OK;
}

bool tls_channel_binding(const struct tls_session *session, unsigned char binding_r[32])
{
    SSL *ssl = session->ssl;

    if (!SSL_is_init_finished(ssl) ||
        (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1))
        return false; /* RFC 9266, section 4: not unique without the extended master secret */
    return SSL_export_keying_material(ssl, binding_r, CHANNEL_BINDING_LEN, EXPORTER_LABEL,
                                      strlen(EXPORTER_LABEL), (const unsigned char *)"", 0, 1) == 1;
}
