/* What binds something else to a session: RFC 5929's channel bindings, and the name in a client's certificate. */
#include "lib/io/tls_internal.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

/* The first Finished message of the handshake, which exists as such before TLS 1.3 only: RFC 5929 section 3. */
size_t tls_binding_unique(const struct tls_session *session,
                          unsigned char binding_r[TLS_BINDING_MAX])
{
    SSL *ssl = session->ssl;
    size_t len;

    if (!SSL_is_init_finished(ssl) || SSL_version(ssl) >= TLS1_3_VERSION ||
        SSL_get_extms_support(ssl) != 1)
        return 0;
    len = SSL_is_server(ssl) == SSL_session_reused(ssl)
              ? SSL_get_finished(ssl, binding_r, TLS_BINDING_MAX)
              : SSL_get_peer_finished(ssl, binding_r, TLS_BINDING_MAX);
    return len > TLS_BINDING_MAX ? 0 : len;
}

/* The digest of the server's certificate, by the digest of its signature, or SHA-256 instead of an old one. */
size_t tls_binding_endpoint(const struct tls_session *session,
                            unsigned char binding_r[TLS_BINDING_MAX])
{
    const X509 *certificate = SSL_get_certificate(session->ssl);
    const EVP_MD *digest = NULL;
    unsigned len = 0;
    int nid;

    if (certificate == NULL)
        return 0;
    if (X509_get_signature_info((X509 *)(uintptr_t)certificate, &nid, NULL, NULL, NULL) == 1 &&
        nid != NID_md5 && nid != NID_sha1)
        digest = EVP_get_digestbynid(nid);
    if (digest == NULL)
        digest = EVP_sha256();
    return X509_digest(certificate, digest, binding_r, &len) == 1 ? len : 0;
}

/* --- client certificates ------------------------------------------------------------------------------------ */

static bool take_text(const ASN1_STRING *string, char *text, size_t size)
{
    unsigned char *utf8 = NULL;
    int len = string == NULL ? -1 : ASN1_STRING_to_UTF8(&utf8, string);
    bool taken = len > 0 && (size_t)len < size && memchr(utf8, '\0', (size_t)len) == NULL;

    if (taken) {
        memcpy(text, utf8, (size_t)len);
        text[len] = '\0';
    }
    OPENSSL_free(utf8);
    return taken;
}

/* Of several entries the last one, which is the most specific: as Dovecot. */
static bool take_subject(const X509 *certificate, int nid, char *text, size_t size)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = -1, last = -1;

    while ((at = X509_NAME_get_index_by_NID(subject, nid, at)) >= 0)
        last = at;
    return last >= 0 &&
           take_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)), text, size);
}

static bool take_email(const X509 *certificate, char *text, size_t size)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool taken = false;

    for (int i = 0; !taken && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        taken = name->type == GEN_EMAIL && take_text(name->d.rfc822Name, text, size);
    }
    GENERAL_NAMES_free(names);
    return taken;
}

bool tls_peer_name(const struct tls_session *session, const char *field, char *text, size_t size)
{
    X509 *certificate = SSL_get1_peer_certificate(session->ssl);
    bool taken = false;

    if (certificate != NULL && tls_peer_verified(session))
        taken = strcmp(field, "rfc822Name") == 0
                    ? take_email(certificate, text, size)
                    : take_subject(certificate, OBJ_txt2nid(field), text, size);
    X509_free(certificate);
    return taken;
}
