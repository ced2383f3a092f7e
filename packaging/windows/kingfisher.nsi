; NSIS recipe: the bundle as an installer for one user, without administrator's rights. NOT TESTED YET on Windows.
;
; makensis /DVERSION=0.1.0 packaging\windows\kingfisher.nsi, after pyinstaller packaging\kingfisher.spec

Unicode true
!include "MUI2.nsh"
!ifndef VERSION
  !error "say which version: /DVERSION=x.y.z"
!endif

Name "Kingfisher"
OutFile "..\..\dist\kingfisher-${VERSION}-setup.exe"
InstallDir "$LOCALAPPDATA\Programs\Kingfisher"
InstallDirRegKey HKCU "Software\Kingfisher" "Folder"
RequestExecutionLevel user
SetCompressor /SOLID lzma
ManifestDPIAware true

!define MUI_ICON "..\..\build\windows\kingfisher.ico"
!define MUI_UNICON "..\..\build\windows\kingfisher.ico"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Kingfisher"
!define MUI_FINISHPAGE_RUN "$INSTDIR\kingfisher.exe"

!insertmacro MUI_PAGE_LICENSE "..\..\LICENSE"
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Section "Kingfisher"
  SetOutPath "$INSTDIR"
  ; What an older version brought must not stay beside the new one.
  RMDir /r "$INSTDIR\_internal"
  File /r "..\..\build\bundle\kingfisher\*.*"
  CreateShortcut "$SMPROGRAMS\Kingfisher.lnk" "$INSTDIR\kingfisher.exe"

  WriteRegStr HKCU "Software\Classes\kingfisher" "" "URL:Kingfisher"
  WriteRegStr HKCU "Software\Classes\kingfisher" "URL Protocol" ""
  WriteRegStr HKCU "Software\Classes\kingfisher\shell\open\command" "" '"$INSTDIR\kingfisher.exe" "%1"'

  WriteRegStr HKCU "Software\Kingfisher" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Kingfisher"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\kingfisher.exe"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  WriteUninstaller "$INSTDIR\uninstall.exe"
SectionEnd

; Profiles stay: they are not the program's to delete.
Section "Uninstall"
  Delete "$SMPROGRAMS\Kingfisher.lnk"
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\kingfisher.exe"
  Delete "$INSTDIR\kingfisher-cli.exe"
  Delete "$INSTDIR\kingfisher-relay.exe"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegKey HKCU "Software\Classes\kingfisher"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "Software\Kingfisher"
SectionEnd
