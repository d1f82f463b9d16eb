/** A staff member's id in the EHR: visible ASCII, because it also stands in URLs and logs. */
export const staffIdPattern = /^[!-~]{1,64}$/;
