/**
 * electron-builder's msiProjectCreated: adds to the MSI what the NSIS installer does by its include, the URL scheme and
 * the start at logon, and their end. Plain JavaScript, because electron-builder loads it itself.
 */
import { readFile, writeFile } from 'node:fs/promises';

/** No "%1": the address of a web page is not handed over. */
const linkScheme = `
      <Component Id="LinkScheme" Guid="*">
        <RegistryKey Root="HKLM" Key="Software\\Classes\\hpki-agent">
          <RegistryValue Type="string" Value="URL:HPKI Agent" KeyPath="yes"/>
          <RegistryValue Name="URL Protocol" Type="string" Value=""/>
          <RegistryValue Key="shell\\open\\command" Type="string" Value="&quot;[APPLICATIONFOLDER]HPKIAgent.exe&quot; hpki-agent:"/>
        </RegistryKey>
      </Component>
    </ComponentGroup>`;

const schtasks = '&quot;[System64Folder]schtasks.exe&quot;';
const startAtLogon = `
    <CustomAction Id="CreateTask" Directory="APPLICATIONFOLDER" ExeCommand="${schtasks} /Create /TN &quot;HPKI Agent&quot; /XML &quot;[APPLICATIONFOLDER]resources\\start-at-logon.xml&quot; /F" Execute="deferred" Impersonate="no" Return="check"/>
    <CustomAction Id="DeleteTask" Directory="APPLICATIONFOLDER" ExeCommand="${schtasks} /Delete /TN &quot;HPKI Agent&quot; /F" Execute="deferred" Impersonate="no" Return="ignore"/>
    <InstallExecuteSequence>
      <Custom Action="CreateTask" After="InstallFiles">NOT REMOVE</Custom>
      <Custom Action="DeleteTask" Before="RemoveFiles">REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE</Custom>
    </InstallExecuteSequence>
  </Product>`;

/** Each place must be there once: a later electron-builder that words its project otherwise stops the build. */
export function addToProject(project) {
  return insert(insert(project, '</ComponentGroup>', linkScheme), '</Product>', startAtLogon);
}

function insert(text, place, instead) {
  if (text.split(place).length !== 2) throw new Error(`the MSI project does not have ${place} once`);
  return text.replace(place, () => instead.trimStart());
}

export default async function msiProjectCreated(file) {
  await writeFile(file, addToProject(await readFile(file, 'utf8')));
}
