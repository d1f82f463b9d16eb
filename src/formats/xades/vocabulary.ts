/** Namespaces and algorithm identifiers of XML Signature (RFC 9231), Exclusive C14N and XAdES (ETSI TS 101 903). */

export const dsNamespace = 'http://www.w3.org/2000/09/xmldsig#';
export const xadesNamespace = 'http://uri.etsi.org/01903/v1.3.2#';
export const xades141Namespace = 'http://uri.etsi.org/01903/v1.4.1#';

export const signedPropertiesType = 'http://uri.etsi.org/01903#SignedProperties';

export const inclusiveC14n = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
export const exclusiveC14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';

export const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
export const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
